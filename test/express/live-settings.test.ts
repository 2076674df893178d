// Settings in a file that is watched: changes come into force whole, and a file that is wrong changes nothing.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { writeFileSync } from 'node:fs'
import { mkdir, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { createFacsimile, FacsimileError, type LiveFacsimileSettings } from '@facsimile/express'
import express from 'express'
import { eventually } from '../support/eventually.js'
import { ask } from './support/http-client.js'
import { afterwards, createFolder, listen, PAGE, siteAt, tokenIn, type Site } from './support/site.js'

type Written = Readonly<Record<string, unknown>>

const mark = (name: string, placement: string, text: string) => ({ name, placement, html: `<!--${text}-->` })
const RECORDER = { name: 'recorder', placement: 'body-end', html: '<script>window.FetchFrom=%FetchUrl%</script>' }
const BASE = { snippets: [RECORDER], allowedAddresses: ['127.0.0.1'] }

interface LiveSite extends Site {
  readonly file: string
  /** Writes the file anew, in one step as editors and deployments do. */
  write(settings: Written | string): Promise<void>
}

/** What createFacsimile() throws for the file. */
function refusalOf(settings: LiveFacsimileSettings): FacsimileError {
  try {
    void createFacsimile(settings).close()
  } catch (error) {
    if (error instanceof FacsimileError) return error
    throw error
  }
  throw new Error(`accepted: ${JSON.stringify(settings)}`)
}

async function startLiveSite(settings: Written, build?: (app: express.Express) => void): Promise<LiveSite> {
  const file = join(await createFolder(), 'facsimile.config.json')
  const write = async (content: Written | string) => {
    await writeFile(`${file}.new`, typeof content === 'string' ? content : JSON.stringify(content))
    await rename(`${file}.new`, file)
  }
  await write(settings)
  return { ...(await startSiteWith(file, build)), file, write }
}

async function startSiteWith(settingsFile: string, build?: (app: express.Express) => void): Promise<Site> {
  const facsimile = createFacsimile({ settingsFile })
  afterwards(() => facsimile.close(100))
  const app = express()
  app.use(facsimile.middleware)
  build?.(app)
  app.get(/.*/, (_req, res) => void res.send(PAGE))
  const { port } = await listen(app)
  return siteAt(port, facsimile)
}

function hear(name: string): unknown[] {
  const heard: unknown[] = []
  const note = (event: unknown) => void heard.push(event)
  subscribe(name, note)
  afterwards(() => unsubscribe(name, note))
  return heard
}

describe('a settings file', () => {
  test('is followed while the process runs', async () => {
    const reloads = hear('facsimile:reloaded')
    const site = await startLiveSite({ ...BASE, snippets: [mark('a', 'body-end', 'one')] })
    expect((await site.visit()).text).toContain('<!--one-->')
    await site.write({ ...BASE, snippets: [mark('a', 'body-end', 'two')] })
    await eventually('the change is seen', async () => (await site.visit()).text.includes('<!--two-->'))
    expect(reloads).toEqual([{ version: 2 }])
  })

  test('is followed in whatever way it is changed', async () => {
    const text = (version: string) => JSON.stringify({ snippets: [mark('a', 'body-end', version)] })
    const ways: Record<string, (file: string, folder: string) => Promise<unknown>> = {
      'written over': (file) => writeFile(file, text('two')),
      'taken away and made again': (file) => rm(file).then(() => writeFile(file, text('two'))),
      'in two halves': (file) =>
        writeFile(file, text('two').slice(0, 20)).then(() => writeFile(file, text('two').slice(20), { flag: 'a' })),
      'twice in a moment': (file) => writeFile(file, text('2')).then(() => writeFile(file, text('two'))),
      'by a link that leads elsewhere, as Kubernetes does': async (_file, folder) => {
        await mkdir(join(folder, 'v2'))
        await writeFile(join(folder, 'v2/s.json'), text('two'))
        await symlink('v2', join(folder, 'data.new'))
        await rename(join(folder, 'data.new'), join(folder, 'data'))
      },
    }
    await Promise.all(
      Object.entries(ways).map(async ([way, change]) => {
        const folder = await createFolder()
        await mkdir(join(folder, 'v1'))
        await writeFile(join(folder, 'v1/s.json'), text('one'))
        await symlink('v1', join(folder, 'data'))
        await symlink('data/s.json', join(folder, 's.json'))
        const site = await startSiteWith(join(folder, 's.json'))
        await change(join(folder, 's.json'), folder)
        await eventually(way, async () => (await site.visit()).text.includes('<!--two-->'))
      }),
    )
  })

  test('is seen to change from the first moment on', async () => {
    const file = join(await createFolder(), 'facsimile.config.json')
    writeFileSync(file, JSON.stringify({ snippets: [] }))
    const reloads = hear('facsimile:reloaded')
    const facsimile = createFacsimile({ settingsFile: file })
    afterwards(() => facsimile.close(100))
    writeFileSync(file, JSON.stringify({ snippets: [RECORDER] }))
    await eventually('the change is seen', () => reloads.length > 0)
  })

  test('that stays wrong is told once, and not each time that it is read', async () => {
    const failures = hear('facsimile:reload-failed')
    const site = await startLiveSite(BASE)
    await site.write('{')
    for (let time = 0; time < 3; time++) await expect(site.facsimile.reload()).rejects.toThrow(/column 2/)
    await utimes(site.file, 1, 1)
    await expect(site.facsimile.reload()).rejects.toThrow(/column 2/)
    expect(failures).toHaveLength(1)
    await site.write('[')
    await expect(site.facsimile.reload()).rejects.toThrow(/column 2/)
    expect(failures).toHaveLength(2)
  })

  test('that is read while everything is closed changes nothing any more', async () => {
    const reloads = hear('facsimile:reloaded')
    const failures = hear('facsimile:reload-failed')
    const site = await startLiveSite(BASE)
    await site.write({ ...BASE, cacheProvider: `file:${await createFolder()}` })
    const reading = site.facsimile.reload()
    await site.facsimile.close()
    await reading
    await site.write('{')
    await site.facsimile.reload()
    expect([...reloads, ...failures]).toEqual([])
  })

  test('that is wrong leaves the last good settings in force, and says so until it is mended', async () => {
    const failures = hear('facsimile:reload-failed')
    const site = await startLiveSite({ ...BASE, snippets: [mark('a', 'body-end', 'one')] })
    for (const [content, complaint] of [
      ['{"snippets": [', /facsimile\.config\.json", line 1, column 15/],
      [{ ...BASE, maxCachedSeconds: 'x' }, /facsimile\.config\.json": The settings .*`maxCachedSeconds` is "x"/],
      [{ ...BASE, cacheProvider: 'gopher:x' }, /gopher/],
      [{ ...BASE, allowedAddresses: ['10.0.0.0/99'] }, /10\.0\.0\.0\/99/],
    ] as const) {
      await site.write(content)
      await expect(site.facsimile.reload()).rejects.toThrow(complaint)
      expect((await site.visit()).text).toContain('<!--one-->')
    }
    await rm(site.file)
    await expect(site.facsimile.reload()).rejects.toThrow(/cannot be read.*ENOENT/)
    expect(failures).toHaveLength(5)
    const reloads = hear('facsimile:reloaded')
    await site.write({ ...BASE, snippets: [mark('a', 'body-end', 'one')] })
    await site.facsimile.reload()
    await site.facsimile.reload()
    expect(reloads).toEqual([{ version: 1 }])
    await site.write({ ...BASE, snippets: [mark('a', 'body-end', 'two')] })
    await site.facsimile.reload()
    expect((await site.visit()).text).toContain('<!--two-->')
  })

  test('is refused at the start when it cannot be used, by name', async () => {
    const folder = await createFolder()
    const file = join(folder, 'x.json')
    const refusal = refusalOf({ settingsFile: file })
    expect(refusal.code).toBe('SETTINGS_INVALID')
    expect(refusal.message).toMatch(/x\.json" cannot be read: ENOENT/)
    expect(refusalOf({ settingsFile: 'settings.js' }).message).toMatch(
      /`settingsFile` is "settings\.js": write the name of a \.json file/,
    )
    await writeFile(file, '{"csp":"hash"}')
    expect(refusalOf({ settingsFile: file, csp: 'nonce' }).message).toMatch(
      /`csp` stands both in .*x\.json" and in code/,
    )
    await writeFile(file, `{"csp":"${'x'.repeat(1024 * 1024)}"}`)
    expect(refusalOf({ settingsFile: file }).message).toMatch(/it has 10\d+ bytes\. Write at most 1048576\./)
  })

  test('is refused when it is no file, grows without end or is not UTF-8, at the start and later', async () => {
    const folder = await createFolder()
    const [device, site] = [join(folder, 'device.json'), await startLiveSite(BASE)]
    await symlink('/dev/null', device)
    expect(refusalOf({ settingsFile: device }).message).toMatch(/device\.json" cannot be read: it is no plain file\. N/)
    await truncate(site.file, 100e6)
    await expect(site.facsimile.reload()).rejects.toThrow(/it has 100000000 bytes/)
    const latin1 = Buffer.from(JSON.stringify({ snippets: [mark('a', 'body-end', 'gr\xfcn')] }), 'latin1')
    await writeFile(site.file, latin1)
    await expect(site.facsimile.reload()).rejects.toThrow(/it is not UTF-8\. Save it in that encoding\./)
    await rm(site.file)
    await symlink('/dev/null', site.file)
    await expect(site.facsimile.reload()).rejects.toThrow(/it is no plain file/)
    expect((await site.visit()).status).toBe(200)
  })
})

describe('after a change', () => {
  test('pages of the store before can still be fetched, at the fetch path of then', async () => {
    const site = await startLiveSite(BASE)
    const [first, second] = [await site.visit(), await site.visit()]
    await site.write({ ...BASE, maxCachedPages: 7, fetchPath: '/copies' })
    await site.facsimile.reload()
    expect((await site.crawl(first)).text).toBe(PAGE)
    expect((await ask(site.port, `/copies?t=${tokenIn(second)}`)).text).toBe(PAGE)
    expect((await site.crawl(second)).status).toBe(404)
    const third = await site.visit()
    expect(third.text).toContain('/copies?t=')
    expect((await ask(site.port, `/copies?t=${tokenIn(third)}`)).text).toBe(PAGE)
  })

  test('the fetch path of then is answered for as long as pages of before a shorter life may wait', async () => {
    const site = await startLiveSite(BASE)
    const page = await site.visit()
    await site.write({ ...BASE, maxCachedSeconds: 1 })
    await site.facsimile.reload()
    await site.write({ ...BASE, maxCachedSeconds: 1, fetchPath: '/copies' })
    await site.facsimile.reload()
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect((await site.crawl(page)).text).toBe(PAGE)
  })

  test('pages in a folder can still be fetched, when they are compressed from then on', async () => {
    const cacheProvider = `file:${await createFolder()}`
    const site = await startLiveSite({ ...BASE, cacheProvider })
    const page = await site.visit()
    await site.facsimile.flush()
    await site.write({ ...BASE, cacheProvider, compression: 'gzip' })
    await site.facsimile.reload()
    const later = await site.visit()
    expect((await site.crawl(page)).text).toBe(PAGE)
    expect((await site.crawl(later)).text).toBe(PAGE)
  })

  test('who may fetch is decided by the new list, for old pages too', async () => {
    const site = await startLiveSite(BASE)
    const page = await site.visit()
    await site.write({ ...BASE, allowedAddresses: ['127.0.0.9'] })
    await site.facsimile.reload()
    expect((await site.crawl(page)).status).toBe(403)
    expect((await site.crawl(page, { from: '127.0.0.9' })).text).toBe(PAGE)
  })

  test('an application still gets the token of a page that began before', async () => {
    let asked = (_token: string | undefined) => {}
    const site = await startLiveSite(BASE, (app) => {
      app.get('/own', async (_req, res) => {
        await site.write({ ...BASE, csp: 'hash' })
        await site.facsimile.reload()
        asked(site.facsimile.tokenFor(res))
        res.send(PAGE)
      })
    })
    const token = new Promise<string | undefined>((resolve) => (asked = resolve))
    const page = await site.visit('/own')
    expect(await token).toBe(tokenIn(page))
    expect((await site.crawl(page)).text).toBe(PAGE)
  })
})

test('a hundred swaps under load break no response, and no page mixes two versions', async () => {
  const versions = (version: number) => ({
    ...BASE,
    snippets: [mark('a', 'head-end', `v${version}`), mark('b', 'body-end', `v${version}`), RECORDER],
    maxCachedPages: version % 10 === 0 ? 500 : 1_000,
  })
  const site = await startLiveSite(versions(0), (app) => {
    app.get('/streamed', (_req, res) => {
      res.type('html').write(PAGE.slice(0, 80))
      setTimeout(() => res.end(PAGE.slice(80)), 15)
    })
  })
  const seen = new Set<string>()
  let swapping = true
  let visits = 0

  async function visitOnce(path: string): Promise<void> {
    const page = await site.visit(path)
    const marks = [...page.text.matchAll(/<!--(v\d+)-->/g)].map(([, version]) => version)
    expect({ status: page.status, marks }).toEqual({ status: 200, marks: [marks[0], marks[0]] })
    const bare = page.text.replace(/<!--v\d+-->/g, '').replace(/<script>window\.FetchFrom=.*?<\/script>/, '')
    expect(bare).toBe(PAGE)
    expect((await site.crawl(page)).text).toBe(PAGE)
    seen.add(String(marks[0]))
    visits++
  }

  const visitors = Promise.all(
    Array.from({ length: 6 }, async (_, index) => {
      while (swapping) await visitOnce(index % 2 === 0 ? '/' : '/streamed')
    }),
  )
  for (let version = 1; version <= 100; version++) {
    await site.write(versions(version))
    await site.facsimile.reload()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  swapping = false
  await visitors
  expect(seen.size).toBeGreaterThan(20)
  expect(visits).toBeGreaterThan(200)
}, 60_000)

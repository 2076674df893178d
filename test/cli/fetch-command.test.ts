import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { sendPage, startSite, type FakeSite, type FakeSiteOptions, type Handler } from './fake-site.js'
import { runCli, type CliSurroundings } from './run-cli.js'

let folder: string
let sites: FakeSite[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facsimile-fetch-'))
})
afterEach(async () => {
  await Promise.all(sites.map((site) => site.close()))
  sites = []
  await rm(folder, { recursive: true })
})

async function site(page: Handler, options?: FakeSiteOptions): Promise<FakeSite> {
  const started = await startSite(page, options)
  sites.push(started)
  return started
}

const visit = (url: string, args: readonly string[] = [], more: Partial<CliSurroundings> = {}) =>
  runCli(['fetch', url, ...args], { cwd: folder, ...more })

const STORED = '<!doctype html><html><head><title>Ü</title></head><body><p>Hello</p></body></html>\n'

const assignment = (url: string) =>
  `<script>window.ClickTaleFetchFrom=new URL(${JSON.stringify(url)},location.href).href</script>`

/** The stored page with a snippet before </body> that carries the fetch URL. */
const injected: Handler = (_, response, { keep }) => {
  sendPage(response, STORED.replace('</body>', `${assignment(`/facsimile?t=${keep(STORED)}`)}</body>`))
}

/** The status of the page's stored copy, the pieces, and the rest of what --json says. */
interface Report {
  ok: boolean
  visitor: { url: string; redirects: string[]; status: number; bytes: number; contentType: string }
  fetchUrls: { url: string; source: string; offset: number }[]
  stored: {
    status: number
    bytes: number
    digest: string
    page: { status: number; method: string; capturedAt: string } | null
  }
  difference: { kind: string; offset?: number; pieces?: { offset: number; length: number; excerpt: string }[] }
}

async function report(url: string, args: readonly string[] = [], exitCode = 0): Promise<Report> {
  const run = await visit(url, [...args, '--json'])
  expect(run.stderr === '' ? run.exitCode : run).toEqual(exitCode === 0 ? 0 : expect.objectContaining({ exitCode }))
  return JSON.parse(run.stdout) as Report
}

describe('facsimile fetch', () => {
  test('reports the page, the stored copy and the inserted piece', async () => {
    const { origin } = await site(injected)
    const { visitor, stored, difference, fetchUrls, ok } = await report(`${origin}/`)
    expect(ok).toBe(true)
    expect(visitor).toMatchObject({ url: `${origin}/`, status: 200, contentType: 'text/html; charset=utf-8' })
    expect(stored).toMatchObject({
      status: 200,
      bytes: Buffer.byteLength(STORED),
      digest: 'verified',
      page: { status: 200, method: 'GET', capturedAt: '2025-11-24T16:00:00.000Z' },
    })
    expect(fetchUrls).toHaveLength(1)
    expect(fetchUrls[0]?.url).toMatch(/^http:.*\/facsimile\?t=….{4}$/)
    const offset = Buffer.from(STORED).indexOf('</body>')
    expect(difference).toMatchObject({
      kind: 'insertions',
      pieces: [{ offset, length: visitor.bytes - Buffer.byteLength(STORED) }],
    })
    expect(difference.pieces?.[0]?.excerpt).toMatch(/^<script>window\.ClickTaleFetchFrom=/)
  })

  test('reads well, and shows no token', async () => {
    let token = ''
    const { origin } = await site((_, response, { keep }) => {
      token = keep(STORED)
      sendPage(response, STORED.replace('<body>', `<body>${assignment(`/facsimile?t=${token}`)}`))
    })
    const run = await visit(`${origin}/`)
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toContain("the visitor's page is the stored copy and 1 inserted piece")
    expect(run.stdout).toContain(`?t=…${token.slice(-4)}`)
    expect(run.stdout).not.toContain(token)
    expect(JSON.stringify(await report(`${origin}/`))).not.toContain(token)
  })

  test('finds pieces at several places, byte for byte', async () => {
    const pieces: string[] = []
    const { origin } = await site((_, response, { keep }) => {
      pieces.splice(0, 3, '<script>1</script>', '<p>ü</p>', assignment(`/facsimile?t=${keep(STORED)}`))
      const page = STORED.replace('<head>', `<head>${pieces[0] ?? ''}`).replace('<body>', `<body>${pieces[1] ?? ''}`)
      sendPage(response, page.replace('</body>', `${pieces[2] ?? ''}</body>`))
    })
    const run = await visit(`${origin}/`, ['--visitor-out', 'v', '--out', 's', '--json'])
    const { difference } = JSON.parse(run.stdout) as Report
    const page = await readFile(join(folder, 'v'))
    const found = difference.pieces?.map(({ offset, length }) => page.subarray(offset, offset + length).toString())
    expect(found).toEqual(pieces)
    expect(await readFile(join(folder, 's'), 'utf8')).toBe(STORED)
    expect((await stat(join(folder, 's'))).mode & 0o077).toBe(0)
  })

  test('calls a copy of the page as sent identical', async () => {
    const page = (token: string) =>
      `<html><head><meta content="/facsimile?t=${token}" name='Facsimile-Fetch-URL'></head></html>`
    const { origin } = await site((_, response, { keep }) => sendPage(response, page(keep(page))))
    const { difference, fetchUrls } = await report(`${origin}/`)
    expect(fetchUrls[0]?.source).toBe('meta')
    expect(difference).toEqual({ kind: 'identical' })
  })

  test('exits 1 when the copy is another page, and says from which byte on', async () => {
    const { origin } = await site((_, response, { keep }) => {
      sendPage(response, STORED.replace('Hello', `Bye${assignment(`/facsimile?t=${keep(STORED)}`)}`))
    })
    const run = await visit(`${origin}/`)
    expect(run.exitCode).toBe(1)
    expect(run.stdout).toContain('differs from byte 60, and not by insertions alone')
    expect(run.stderr).toMatch(/^error: the stored copy is another page/)
  })

  test('sends what the visitor has: cookies, headers, method and data', async () => {
    const started = await site(injected)
    await writeFile(join(folder, 'cookies'), 'a=b; c=d\n')
    await writeFile(join(folder, 'headers'), 'X-One: 1\r\n\r\nX-Two: 2\n')
    const args = ['--cookie', '@cookies', '--header', '@headers', '--header', 'X-One: again', '--data', '@-']
    expect((await visit(`${started.origin}/form`, args, { stdin: 'q=1&r=2' })).exitCode).toBe(0)
    const [page, crawl] = started.seen
    expect(page).toMatchObject({
      method: 'POST',
      url: '/form',
      body: 'q=1&r=2',
      headers: {
        cookie: 'a=b; c=d',
        'x-one': '1, again',
        'x-two': '2',
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': '7',
      },
    })
    expect(crawl).toMatchObject({ method: 'GET', body: '' })
    expect(crawl?.headers.cookie).toBeUndefined()
    expect(crawl?.headers['x-one']).toBeUndefined()
  })

  test('sends the cookies of the fragment to the fetcher, and the fragment itself to nobody', async () => {
    const started = await site((_, response, { keep }) => {
      const fragment = `#x=1&CTFetchCookies=${encodeURIComponent('SERVERID=s 2;lb="a";')}`
      sendPage(response, `${STORED}${assignment(`/facsimile?t=${keep(STORED)}${fragment}`)}`)
    })
    const { fetchUrls } = await report(`${started.origin}/`, ['--cookie', 'session=secret'])
    expect(fetchUrls[0]?.url).toMatch(/….{4} \(with the cookies SERVERID, lb\)$/)
    expect(started.seen[1]?.headers.cookie).toBe('SERVERID=s 2; lb="a"')
    expect(started.seen[1]?.url).toMatch(/^\/facsimile\?t=[\w-]{32}$/)
  })

  test('follows redirects within the origin with the cookies set on the way', async () => {
    const started = await site((request, response, self) => {
      if (request.url === '/login') {
        response
          .writeHead(302, { Location: '/account', 'Set-Cookie': ['sid=1; Path=/; HttpOnly', 'old=; Max-Age=0'] })
          .end()
      } else injected(request, response, self)
    })
    const { visitor } = await report(`${started.origin}/login`, ['--data', 'user=u', '--cookie', 'old=1; keep=2'])
    expect(visitor).toMatchObject({ url: `${started.origin}/account`, redirects: [`302 ${started.origin}/account`] })
    expect(started.seen[1]).toMatchObject({ method: 'GET', body: '', headers: { cookie: 'keep=2; sid=1' } })
    expect(started.seen[1]?.headers['content-type']).toBeUndefined()
  })

  test('repeats method and data for 307', async () => {
    const started = await site((request, response, self) => {
      if (request.url === '/a') response.writeHead(307, { Location: 'b' }).end()
      else injected(request, response, self)
    })
    await report(`${started.origin}/a`, ['--data', 'x'])
    expect(started.seen[1]).toMatchObject({ method: 'POST', url: '/b', body: 'x' })
  })

  test('does not follow a redirect to another origin', async () => {
    const other = await site(injected)
    const started = await site((_, response) => response.writeHead(302, { Location: `${other.origin}/` }).end())
    const run = await visit(`${started.origin}/`, ['--cookie', 'a=secret'])
    expect(run).toMatchObject({ exitCode: 1, stdout: '' })
    expect(run.stderr).toContain(`another origin: ${other.origin}/`)
    expect(other.seen).toEqual([])
  })

  test('follows five redirects and not a sixth', async () => {
    const started = await site((request, response, self) => {
      const left = Number(request.url.slice(1))
      if (left > 0) response.writeHead(301, { Location: `/${left - 1}` }).end()
      else injected(request, response, self)
    })
    expect((await report(`${started.origin}/5`)).visitor.redirects).toHaveLength(5)
    expect((await visit(`${started.origin}/6`)).stderr).toContain('redirects once more, after 5 redirects')
  })

  test('goes to another host only because the page says so, and prints it', async () => {
    const direct = await site(injected)
    const started = await site((_, response) => {
      sendPage(
        response,
        STORED.replace('</body>', `${assignment(`${direct.origin}/facsimile?t=${direct.keep(STORED)}`)}</body>`),
      )
    })
    const run = await visit(`${started.origin}/`)
    expect(run.exitCode).toBe(0)
    expect(run.stdout).toContain(`on another host than the page: ${new URL(direct.origin).host}`)
  })

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['gzip, br', (page: string) => brotliCompressSync(gzipSync(page))],
  ])('compares what a page is decoded to (%s)', async (coding, encode) => {
    const { origin } = await site((_, response, { keep }) => {
      response.setHeader('Content-Encoding', coding)
      sendPage(response, encode(STORED.replace('</body>', `${assignment(`/facsimile?t=${keep(STORED)}`)}</body>`)))
    })
    expect((await report(`${origin}/`)).difference.kind).toBe('insertions')
  })

  test('takes the fetch path from --path and from the settings', async () => {
    const page: Handler = (_, response, { keep }) => sendPage(response, `${STORED}<a href=/stored?t=${keep(STORED)}>`)
    const { origin } = await site(page, { fetchPath: '/stored' })
    expect((await visit(`${origin}/`)).exitCode).toBe(1)
    expect((await report(`${origin}/`, ['--path', '/stored'])).fetchUrls[0]?.source).toBe('literal')
    await writeFile(join(folder, 'facsimile.config.json'), '{ "fetchPath": "/stored" }')
    expect((await report(`${origin}/`)).ok).toBe(true)
  })
})

describe('facsimile fetch fails with a remedy', () => {
  test.each([
    [403, 'allowedAddresses'],
    [404, 'taken already, has expired'],
    [405, 'fetchPath'],
    [503, 'cache provider'],
    [302, 'Only 200'],
    [500, 'Only 200'],
  ])('for %i from the fetcher', async (fetcherStatus, remedy) => {
    const { origin } = await site(injected, { fetcherStatus, fetcherHeaders: { 'Retry-After': '5', Location: '/' } })
    const run = await visit(`${origin}/`, ['--out', 'stored.html'])
    expect(run).toMatchObject({ exitCode: 1, stdout: '' })
    expect(run.stderr).toMatch(new RegExp(`\\?t=….{4} answered ${fetcherStatus} `))
    expect(run.stderr).toContain(remedy)
    expect(run.stderr).not.toMatch(/t=[\w-]{32}/)
    expect(await readdir(folder)).toEqual([])
  })

  test('for a copy that was taken before', async () => {
    let token: string | undefined
    const { origin } = await site((_, response, { keep }) => {
      token ??= keep(STORED)
      sendPage(response, STORED.replace('</body>', `${assignment(`/facsimile?t=${token}`)}</body>`))
    })
    expect((await visit(`${origin}/`)).exitCode).toBe(0)
    expect((await visit(`${origin}/`)).stderr).toContain('answered 404')
  })

  test('for a copy that does not fit its digest', async () => {
    const { origin } = await site(injected, { fetcherHeaders: { 'Repr-Digest': `sha-256=:${'A'.repeat(43)}=:` } })
    expect((await report(`${origin}/`, [], 1)).stored.digest).toBe('mismatch')
  })

  test.each<[string, Handler, readonly string[], string]>([
    ['the opt-out cookie', (_, r) => sendPage(r, STORED), ['--cookie', 'WRUID=0'], 'opt-out cookie'],
    ['a page that is not HTML', (_, r) => sendPage(r, '{}', 'application/json'), [], 'not text/html'],
    ['a fragment', (_, r) => sendPage(r, '<p>x</p>'), [], 'neither doctype nor html'],
    [
      'no-transform',
      (_, r) => sendPage(r.setHeader('Cache-Control', 'private, no-transform'), STORED),
      [],
      'forbids changes',
    ],
    [
      'what the server says',
      (_, r) => sendPage(r.setHeader('Facsimile-Status', 'skipped; reason=sampled-out'), STORED),
      [],
      'Raise `sampleRatio`',
    ],
    ['anything else', (_, r) => sendPage(r, STORED), [], 'exclude'],
    ['a token at another path', (_, r) => sendPage(r, `${STORED}<a href="/x?t=${'a'.repeat(32)}">`), [], '--path'],
    [
      'something that is no token',
      (_, r) => sendPage(r, `${STORED}<a href="/facsimile?t=${'a'.repeat(33)}">`),
      [],
      '--path',
    ],
  ])('when there is no fetch URL because of %s', async (_, page, args, remedy) => {
    const { origin } = await site(page)
    const run = await visit(`${origin}/`, args)
    expect(run).toMatchObject({ exitCode: 1, stdout: '' })
    expect(run.stderr).toContain('there is no fetch URL in')
    expect(run.stderr).toContain(remedy)
  })

  test('for a server that does not answer in time', async () => {
    const { origin } = await site(() => undefined)
    const run = await visit(`${origin}/`, ['--timeout', '0.2'])
    expect(run.exitCode).toBe(1)
    expect(run.stderr).toContain('within 0.2 s')
  })

  test('for a server that begins and does not go on', async () => {
    const { origin } = await site((_, response) => response.write('<html>'))
    expect((await visit(`${origin}/`, ['--timeout', '0.2'])).stderr).toContain('within 0.2 s')
  })

  test('for a page that is too long, compressed or not', async () => {
    const long = await site((_, response) => sendPage(response, 'x'.repeat(5000)))
    expect((await visit(`${long.origin}/`, ['--max-bytes', '4000'])).stderr).toContain('longer than 4000 bytes')
    const bomb = await site((_, response) => {
      response.setHeader('Content-Encoding', 'gzip')
      sendPage(response, gzipSync(Buffer.alloc(1_000_000)))
    })
    expect((await visit(`${bomb.origin}/`, ['--max-bytes', '4000'])).stderr).toContain('longer than 4000 bytes')
  })

  test('for an answer that breaks off', async () => {
    const { origin } = await site((_, response) => {
      response.writeHead(200, { 'Content-Length': '100' })
      response.write('x', () => response.destroy())
    })
    expect((await visit(`${origin}/`)).stderr).toMatch(/^error: cannot get .*\n {2}The server closed/)
  })

  test('for a server that is not there', async () => {
    const started = await site(injected)
    await started.close()
    sites = []
    expect((await visit(`${started.origin}/`)).stderr).toContain('Nothing listens there')
  })

  test('for cookies in the fragment that are none', async () => {
    const started = await site((_, response, { keep }) => {
      sendPage(response, `${STORED}${assignment(`/facsimile?t=${keep(STORED)}#CTFetchCookies=a%3Db%0d%0ax%3Dy`)}`)
    })
    expect((await visit(`${started.origin}/`)).stderr).toContain('CTFetchCookies')
    expect(started.seen).toHaveLength(1)
  })

  test('before the token is spent, for a file that cannot be written', async () => {
    const started = await site(injected)
    const run = await visit(`${started.origin}/`, ['--out', 'none/stored.html', '--visitor-out', 'v'])
    expect(run.exitCode).toBe(1)
    expect(run.stderr).toContain('cannot write')
    expect(started.seen).toEqual([])
    expect(await readdir(folder)).toEqual([])
  })

  test.each([
    [['not a url'], 'is no address of a page'],
    [['file:///etc/passwd'], 'is no address of a page'],
    [['http://user:pw@127.0.0.1/'], 'carries a user name'],
    [['http://127.0.0.1/', '--timeout', '0'], '--timeout "0"'],
    [['http://127.0.0.1/', '--max-bytes', 'x'], '--max-bytes "x"'],
    [['http://127.0.0.1/', '--header', 'no colon'], '--header'],
    [['http://127.0.0.1/', '--header', 'X: a\nY: b'], '--header'],
    [['http://127.0.0.1/', '--header', 'Content-Length: 3'], 'content-length'],
    [['http://127.0.0.1/', '--header', 'Cookie: a=b'], 'Use --cookie'],
    [['http://127.0.0.1/', '--cookie', 'a=b\r\nX: y'], '--cookie'],
    [['http://127.0.0.1/', '--cookie', '@none'], '--cookie cannot read "none"'],
    [['http://127.0.0.1/', '--method', 'GET', '--data', 'x'], '--data'],
    [['http://127.0.0.1/', '--method', 'TRACE'], 'TRACE'],
    [['http://127.0.0.1/', '--path', '/x\ny'], '--path'],
    [[], 'page-url'],
  ])('with exit code 2 for %j', async (args, message) => {
    const run = await runCli(['fetch', ...args], { cwd: folder })
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toContain(message)
    expect(run.stderr).not.toContain('pw')
  })
})

// `facsimile store` without a server: stores of this machine, stores that fail, and wrong questions.
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createFileProvider } from '@facsimile/core/file'
import { storeSome } from '../core/providers/sample-page.js'
import { runCli } from './run-cli.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facsimile-store-'))
})
afterEach(async () => rm(folder, { recursive: true }))

const TASKS = ['init', 'check', 'sweep', 'stats']
const CLOSED_PORT = '127.0.0.1:1'
const store = (args: readonly string[], stdin = '') => runCli(['store', ...args], { cwd: folder, stdin })
const put = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o600 })
const putProvider = (name: string, methods: string) =>
  put(
    'site.mjs',
    `const none = async () => {}
     const cacheProvider = { name: ${JSON.stringify(name)}, store: none, pull: none, peek: none, remove: none,
       check: async () => [], close: none, ${methods} }
     export default { cacheProvider }`,
  )

describe('facsimile store', () => {
  test.each(TASKS)('%s asks for a store when none is named', async (task) => {
    const run = await store([task])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/^error: no store is named\n {2}Give --config/)
  })

  test.each(TASKS)('%s takes --config or --location, and not both', async (task) => {
    const run = await store([task, '--config', 'site.json', '--location', 'memory:'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toContain('cannot be used with')
  })

  test.each([
    ['an unknown scheme', 'ftp://admin:s3cret@db/pages'],
    ['no database', 'mysql://admin:s3cret@db'],
    ['an unknown parameter', 'mysql://admin:s3cret@db/shop?tabel=x'],
    ['a bad Redis database', 'redis://admin:s3cret@db/x'],
  ])('answers a location with %s with exit code 2, and without its password', async (_, location) => {
    const run = await store(['check', '--location', location])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/^error: .*\n {2}\S/)
    expect(run.stderr).not.toContain('s3cret')
  })

  test('reads the location from a file or from standard input, where no list of processes shows it', async () => {
    await put('location.txt', 'memory:\n')
    expect((await store(['check', '--location', '@location.txt'])).stdout).toBe('memory is healthy.\n')
    expect((await store(['check', '--location', '@-'], 'memory:\n')).stdout).toBe('memory is healthy.\n')
    expect((await store(['check', '--location', '@none.txt'])).exitCode).toBe(2)
  })

  test('takes the cacheProvider of the settings, and warns when everybody may read its password', async () => {
    await put('site.json', JSON.stringify({ cacheProvider: `redis://:s3cret@${CLOSED_PORT}` }))
    await chmod(join(folder, 'site.json'), 0o644)
    const run = await store(['check', '--config', 'site.json', '--json'])
    expect(JSON.parse(run.stdout)).toMatchObject({ store: 'redis', location: `redis://:***@${CLOSED_PORT}` })
    expect(run.stderr).toContain('holds a password')
    expect(run.stdout + run.stderr).not.toContain('s3cret')
  })

  test.each([
    ['an unknown setting', '{ "cacheProvidr": "memory:" }'],
    ['no JSON', 'memory:'],
  ])('answers settings with %s with exit code 2', async (_, text) => {
    await put('site.json', text)
    expect(await store(['check', '--config', 'site.json'])).toMatchObject({ exitCode: 2, stdout: '' })
  })
})

describe('facsimile store with a store of this machine', () => {
  test.each([
    ['init', 'This is a memory store: nothing is to be made for it.\n'],
    ['check', 'memory is healthy.\n'],
    ['sweep', 'This is a memory store, and removes expired pages by itself.\n'],
    ['stats', 'This is a memory store: the pages are in the memory of the web server; see its debug page.\n'],
  ])('%s answers in a sentence', async (task, sentence) => {
    expect(await store([task, '--location', 'memory:'])).toMatchObject({ exitCode: 0, stdout: sentence, stderr: '' })
  })

  test.each([
    ['init', {}],
    ['check', { problems: [] }],
    ['sweep', { removedPages: null }],
    ['stats', { pages: null, bytes: null, expiredPages: null }],
  ])('%s answers as JSON', async (task, facts) => {
    const run = await store([task, '--location', 'memory:', '--json'])
    expect(JSON.parse(run.stdout)).toEqual({ command: task, store: 'memory', location: 'memory:', ok: true, ...facts })
  })

  test('counts the pages in a folder, and makes none', async () => {
    const pages = join(folder, 'pages')
    const args = ['stats', '--location', `file:${pages}`]
    expect(await store(args)).toMatchObject({ exitCode: 0, stdout: '0 pages, 0 bytes.\n' })
    expect(await readdir(folder)).toEqual([])
    const provider = createFileProvider({ directory: pages })
    await storeSome(provider, 3, 1000)
    await provider.close()
    const counted = JSON.parse((await store([...args, '--json'])).stdout) as { bytes: number }
    expect(counted).toMatchObject({ store: 'file', ok: true, pages: 3, expiredPages: null })
    expect(counted.bytes).toBeGreaterThan(3000)
  })

  test.each([
    ['tells nothing', '', "mine is a provider of the site's own, which keeps no such figures.\n"],
    ['tells pages', `usage: async () => ({ pages: 1 })`, '1 page.\n'],
    ['tells in words', `usage: async () => ({ note: 'Many\\u001b[31m.' })`, /^Many.*\.\n$/],
  ])('counts with a provider of the site that %s', async (_, methods, sentence) => {
    await putProvider('mine', methods)
    const run = await store(['stats', '--config', 'site.mjs'])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    if (typeof sentence === 'string') expect(run.stdout).toBe(sentence)
    else expect(run.stdout).toMatch(sentence)
    expect(run.stdout).not.toContain('\u001b')
  })

  test('checks a folder, and leaves no probe in it', async () => {
    const pages = join(folder, 'pages')
    expect(await store(['check', '--location', `file:${pages}`])).toMatchObject({
      exitCode: 0,
      stdout: 'file is healthy.\n',
    })
    expect(await readdir(pages, { recursive: true })).not.toContainEqual(expect.stringMatching(/probe|page$/))
  })

  test('fails for a folder that cannot be one, and says why', async () => {
    await put('taken', '')
    const run = await store(['check', '--location', `file:${join(folder, 'taken')}`])
    expect(run.exitCode).toBe(1)
    expect(run.stdout).toContain('taken')
    expect(run.stderr).toMatch(/^error: the store has 1 problem\n {2}\S/)
  })
})

describe('facsimile store with a server that does not answer', () => {
  test.each([
    ['init', 'mysql'],
    ['check', 'mysql'],
    ['check', 'redis'],
  ])('%s prints a sentence for %s and exits 1, without the password', async (task, scheme) => {
    const run = await store([task, '--location', `${scheme}://shop:s3cret@${CLOSED_PORT}/0`, '--json'])
    expect(run.exitCode).toBe(1)
    expect(JSON.parse(run.stdout)).toMatchObject({
      store: scheme,
      location: `${scheme}://shop:***@${CLOSED_PORT}/0`,
      ok: false,
      problems: [expect.stringContaining(CLOSED_PORT)],
    })
    expect(run.stdout + run.stderr).not.toContain('s3cret')
  })

  test.each(['sweep', 'stats'])('%s fails with a remedy', async (task) => {
    const run = await store([task, '--location', `mysql://shop:s3cret@${CLOSED_PORT}/shop`])
    expect(run).toMatchObject({ exitCode: 1, stdout: '' })
    expect(run.stderr).toMatch(/^error: .*127\.0\.0\.1:1.*\n {2}\S/)
    expect(run.stderr).not.toContain('s3cret')
  })

  test('init --print connects to nothing', async () => {
    const location = `mariadb://shop:s3cret@${CLOSED_PORT}/shop?table=waiting`
    const run = await store(['init', '--print', '--location', location])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toMatch(/^CREATE TABLE IF NOT EXISTS `?waiting`? \([^;]*;\n$/)
    const json = await store(['init', '--print', '--json', '--location', location])
    expect(JSON.parse(json.stdout)).toMatchObject({ table: 'waiting', statement: run.stdout.trimEnd() })
    expect((await store(['init', '--print', '--location', `redis://${CLOSED_PORT}`])).stdout).toContain('nothing is to')
  })
})

describe('facsimile store with a provider of the site', () => {
  test('checks it, and closes it', async () => {
    await putProvider('shelf', "close: async () => { throw new Error('it was closed') }")
    const run = await store(['check', '--config', 'site.mjs'])
    expect(run).toMatchObject({ exitCode: 0, stdout: 'shelf is healthy.\n' })
    expect(run.stderr).toBe('warning: shelf did not close: it was closed\n')
  })

  test('prints its sentences, which command no terminal, and exits 1', async () => {
    await putProvider('shelf', String.raw`check: async () => ['The shelf is full.', 'It \u001b[31mleans.']`)
    const run = await store(['check', '--config', 'site.mjs'])
    expect(run).toMatchObject({ exitCode: 1, stdout: 'The shelf is full.\nIt \\x1b[31mleans.\n' })
    expect(run.stderr).toContain('error: the store has 2 problems')
  })

  test('takes a check that rejects for a failure', async () => {
    await putProvider('shelf', "check: async () => { throw new Error('the shelf fell') }")
    const run = await store(['check', '--config', 'site.mjs'])
    expect(run).toMatchObject({ exitCode: 1, stdout: '' })
    expect(run.stderr).toContain("error: the store's provider failed: the shelf fell\n")
  })

  test.each(['init', 'sweep', 'stats'])('%s says that the provider is of its own kind', async (task) => {
    await putProvider('shelf', '')
    const run = await store([task, '--config', 'site.mjs'])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toContain("shelf is a provider of the site's own")
  })

  test('uses what a mysql provider object offers, and cannot know its table', async () => {
    await putProvider(
      'mysql',
      'sweepNow: async () => 1, stats: async () => ({ pages: 2, bytes: 1234, expiredPages: 0 })',
    )
    const config = ['--config', 'site.mjs']
    expect((await store(['sweep', ...config])).stdout).toBe('Removed 1 expired page.\n')
    expect((await store(['stats', ...config])).stdout).toBe('2 pages, 1 234 bytes, 0 pages of them expired.\n')
    expect((await store(['init', ...config])).stdout).toMatch(/^The table is made, or was there already;/)
    expect(await store(['init', '--print', ...config])).toMatchObject({ exitCode: 2, stdout: '' })
  })

  test('stops a long sweep, and says that there is more', async () => {
    await putProvider(
      'mysql',
      `sweepNow() { return new Promise((resolve) => { this.close = async () => resolve(7000); globalThis.pass(6_000) }) },
       stats: none`,
    )
    const run = await withPassingTime(() => store(['sweep', '--config', 'site.mjs', '--json']))
    expect(run.exitCode).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject({ removedPages: 7000, isComplete: false })
  })

  test('waits ten seconds in all for one that neither answers nor closes', async () => {
    const never = '() => { globalThis.pass(8_000); return new Promise(() => {}) }'
    await putProvider('shelf', `check: ${never}, close: ${never}`)
    const run = await withPassingTime(() => store(['check', '--config', 'site.mjs']))
    expect(run).toMatchObject({ exitCode: 1, stdout: '' })
    expect(run.stderr).toContain('error: the store did not answer within 8 seconds\n')
    expect(run.stderr).toContain('warning: shelf did not close: it took longer than 2 seconds\n')
  })
})

/** Runs `run`, whose provider lets time pass: `pass(8_000)` is eight seconds. */
async function withPassingTime<T>(run: () => Promise<T>): Promise<T> {
  jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'queueMicrotask', 'setImmediate', 'performance'] })
  const pass = (ms: number) => setImmediate(() => jest.advanceTimersByTime(ms))
  Object.assign(globalThis, { pass })
  try {
    return await run()
  } finally {
    jest.useRealTimers()
    Reflect.deleteProperty(globalThis, 'pass')
  }
}

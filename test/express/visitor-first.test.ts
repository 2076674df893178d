// The visitor comes first: whatever the cache provider or the logger does, pages leave as they should, and at once.
import { execFile } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import type { CacheProvider, Logger } from '@facsimile/core'
import { createPageToken, FacsimileError } from '@facsimile/core'
import type { Reply } from './support/http-client.js'
import { afterwards, createFolder, PAGE, startSite, tokenIn } from './support/site.js'
import { createGate, createSpyProvider, never } from './support/spy-provider.js'

type Store = CacheProvider['store']

const FAULTS: [fault: string, store: Store][] = [
  [
    'throws',
    () => {
      throw new Error('broken')
    },
  ],
  ['rejects with nothing that is an error', () => Promise.reject(Object.create(null) as Error)],
  ['rejects', () => Promise.reject(new Error('down'))],
  ['does not settle', () => hang()],
  ['answers with garbage and no promise', () => 'garbage' as unknown as Promise<void>],
  ['answers with nothing', () => undefined as unknown as Promise<void>],
]

afterEach(() => void jest.useRealTimers())

describe('a cache provider that fails', () => {
  test.each(FAULTS)('that %s changes no byte and no header of any page', async (_fault, store) => {
    const healthy = await startSite()
    const failing = await startSite({ cacheProvider: createSpyProvider({ store }) })
    for (let time = 0; time < 3; time++) {
      expect(withoutToken(await failing.visit('/page'))).toEqual(withoutToken(await healthy.visit('/page')))
    }
  })

  test('is not asked before the visitor has the whole page', async () => {
    let response: ServerResponse | undefined
    const finishedAtStore = createGate<boolean | undefined>()
    const cacheProvider = createSpyProvider({
      store: () => {
        finishedAtStore.open(response?.writableFinished)
        return Promise.resolve()
      },
    })
    const site = await startSite({ cacheProvider }, (app) => {
      app.get('/', (_req, res) => {
        response = res
        res.send(PAGE)
      })
    })
    await site.visit()
    expect(await finishedAtStore.promise).toBe(true)
  })

  test('that is slow delays nobody: visitors have their pages before the first store is done', async () => {
    const events: string[] = []
    const stored = createGate()
    const cacheProvider = createSpyProvider({ store: () => stored.promise.then(() => void events.push('stored')) })
    const site = await startSite({ cacheProvider })
    for (let time = 0; time < 3; time++) {
      await site.visit()
      events.push('visited')
    }
    stored.open()
    await site.facsimile.flush()
    expect(events).toEqual(['visited', 'visited', 'visited', 'stored', 'stored', 'stored'])
  })

  test('that is slow does not hold up pages on a connection that is kept', async () => {
    const site = await startSite({ cacheProvider: createSpyProvider({ store: () => hang() }) })
    for (let time = 0; time < 5; time++) {
      const response = await fetch(`http://127.0.0.1:${site.port}/`)
      expect((await response.text()).replace(/<script>.*<\/script>/, '')).toBe(PAGE)
    }
  })

  test('is given two seconds for a page, and its signal is aborted then', async () => {
    const aborted = createGate<unknown>()
    const cacheProvider = createSpyProvider({
      store: (_token, _page, options) => {
        options?.signal?.addEventListener('abort', () => aborted.open(options.signal?.reason))
        return never()
      },
    })
    const lost = collect('facsimile:lost')
    const site = await startSite({ cacheProvider })
    await site.visit()
    expect(await aborted.promise).toMatchObject({
      code: 'PROVIDER_TIMEOUT',
      message: 'spy did not store a page within 2000 ms.',
    })
    await site.facsimile.flush()
    expect(lost).toMatchObject([{ reason: 'timeout', error: await aborted.promise }])
  })

  test('costs one line in the log at once, and then one a minute that counts', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'Date'] })
    const lines: string[] = []
    const lost = collect('facsimile:lost')
    const cacheProvider = createSpyProvider({ store: () => Promise.reject(new Error('disk on fire')) })
    const site = await startSite({
      cacheProvider,
      logger: loggerOf((level, fields, message) => {
        if (level === 'warn') lines.push(`${JSON.stringify((fields as { lost: unknown }).lost)} ${message}`)
      }),
    })
    for (let time = 0; time < 7; time++) await site.visit()
    await until(() => lost.length === 7)
    expect(lines).toEqual([
      '{"failed":1} 1 page was not stored. The cache provider refused the page. See the error in the log.',
    ])
    jest.advanceTimersByTime(60_000)
    expect(lines[1]).toBe(
      '{"failed":4,"paused":2} 6 pages were not stored. The cache provider refused the page. See the error in the log. ' +
        'The cache provider failed repeatedly and is left alone for 5 s. Look at the cache provider.',
    )
    jest.advanceTimersByTime(120_000)
    expect(lines).toHaveLength(2)
  })

  test('is left alone after five failures, and asked again five seconds later', async () => {
    jest.useFakeTimers(EVERYTHING_BUT_THE_CLOCK)
    let isDown = true
    const spy = createSpyProvider()
    const cacheProvider = {
      ...spy,
      store: (...args: Parameters<Store>) =>
        isDown ? Promise.reject(new Error(`down ${spy.calls.push('tried')}`)) : spy.store(...args),
    }
    const lost = collect('facsimile:lost')
    const site = await startSite({ cacheProvider })
    for (let time = 1; time <= 8; time++) {
      await site.visit()
      await until(() => lost.length === time)
    }
    expect(lost.map((message) => (message as { reason: string }).reason)).toEqual([
      ...Array<string>(5).fill('failed'),
      ...Array<string>(3).fill('paused'),
    ])
    expect(spy.calls).toHaveLength(5)
    isDown = false
    // The clock of the system goes back by an hour meanwhile; only the time that passes counts.
    jest.setSystemTime(Date.now() - 3_600_000)
    jest.advanceTimersByTime(5_000)
    jest.setSystemTime(Date.now() + 3_600_000)
    const page = await site.visit()
    expect((await site.crawl(page)).text).toBe(PAGE)
  })

  test('that refuses a page as too large is not taken for one that is down', async () => {
    const refuse = () => Promise.reject(new FacsimileError('PAGE_TOO_LARGE', 'too large'))
    const cacheProvider = createSpyProvider({ store: refuse })
    const lost = collect('facsimile:lost')
    const site = await startSite({ cacheProvider })
    for (let time = 0; time < 7; time++) await site.visit()
    await until(() => lost.length === 7)
    expect(cacheProvider.calls).toHaveLength(7)
    expect(new Set(lost.map((message) => (message as { reason: string }).reason))).toEqual(new Set(['too-large']))
  })
})

describe('bounds', () => {
  test('at most 64 pages are being stored at a time; those above are sent and counted', async () => {
    const stored = createGate()
    const cacheProvider = createSpyProvider({ store: () => stored.promise })
    const lost = collect('facsimile:lost')
    const site = await startSite({ cacheProvider })
    const pages = await Promise.all(Array.from({ length: 70 }, () => site.visit()))
    for (const page of pages) expect(page.text.replace(/<script>.*<\/script>/, '')).toBe(PAGE)
    await until(() => lost.length === 6)
    expect(cacheProvider.calls).toHaveLength(64)
    expect(lost[0]).toMatchObject({ reason: 'overloaded', error: { code: 'PROVIDER_OVERLOADED' } })
    stored.open()
    await site.facsimile.flush()
    await site.visit()
    await until(() => cacheProvider.calls.length === 65)
  })

  test('at most 32 MiB are being stored at a time', async () => {
    const stored = createGate()
    const cacheProvider = createSpyProvider({ store: () => stored.promise })
    const lost = collect('facsimile:lost')
    const body = PAGE.replace('Tea', 'x'.repeat(5_000_000))
    const site = await startSite({ cacheProvider }, (app) => {
      app.get('/', (_req, res) => void res.type('html').end(body))
    })
    for (let time = 0; time < 8; time++) expect((await site.visit()).body.length).toBeGreaterThan(body.length)
    await until(() => lost.length === 2)
    expect(cacheProvider.calls).toHaveLength(6)
    stored.open()
  })

  test('a page longer than maxPageBytes is sent with its snippets and not stored', async () => {
    const cacheProvider = createSpyProvider()
    const lost = collect('facsimile:lost')
    const site = await startSite({ cacheProvider, maxPageBytes: PAGE.length }, (app) => {
      app.get('/fits', (_req, res) => void res.send(PAGE))
      app.get('/longer', (_req, res) => void res.send(`${PAGE}\n`))
      app.get('/streamed', (_req, res) => {
        res.type('html').write(PAGE.slice(0, 50))
        res.end(`${PAGE.slice(50)}\n`)
      })
    })
    for (const path of ['/longer', '/streamed']) {
      const page = await site.visit(path)
      expect(page.text.replace(/<script>.*<\/script>/, '')).toBe(`${PAGE}\n`)
      expect((await site.crawl(page)).status).toBe(404)
    }
    expect(lost).toMatchObject([
      { reason: 'too-large', durationMs: 0, error: undefined },
      { reason: 'too-large', durationMs: 0, error: undefined },
    ])
    expect((await site.crawl(await site.visit('/fits'))).text).toBe(PAGE)
    expect(cacheProvider.calls).toEqual(['pull', 'pull', 'store', 'pull'])
  })

  test('a page larger than the whole cache is sent and counted', async () => {
    const lost = collect('facsimile:lost')
    const site = await startSite({ maxCachedBytes: 50 })
    expect((await site.visit()).text).toContain('window.FetchFrom=')
    await until(() => lost.length === 1)
    expect(lost[0]).toMatchObject({ reason: 'too-large', error: { code: 'PAGE_TOO_LARGE' } })
  })

  test('a fetch for a page that was lost does not wait for it', async () => {
    const site = await startSite({
      cacheProvider: createSpyProvider({ store: () => Promise.reject(new Error('down')) }),
    })
    expect((await site.crawl(await site.visit())).status).toBe(404)
  })
})

describe('a logger', () => {
  test.each<[fault: string, write: () => void]>([
    [
      'throws',
      () => {
        throw new Error('log full')
      },
    ],
    ['rejects', () => Promise.reject(new Error('log full')) as unknown as undefined],
  ])('that %s costs its own lines only, and the process is warned once', async (_fault, write) => {
    const warnings: string[] = []
    const emitWarning = jest
      .spyOn(process, 'emitWarning')
      .mockImplementation((warning) => void warnings.push(String(warning)))
    afterwards(() => emitWarning.mockRestore())
    const site = await startSite({
      allowedAddresses: ['127.0.0.1'],
      logger: { debug: write, info: write, warn: write, error: write },
    })
    const page = await site.visit()
    expect((await site.crawl(page)).text).toBe(PAGE)
    expect((await site.crawl(page)).status).toBe(404)
    expect(warnings).toEqual(['The logger given to Facsimile failed, and its lines are lost: log full'])
  })
})

describe('flush and close', () => {
  test('flush waits until nothing is being stored, and no longer than it is told', async () => {
    const stored = createGate()
    const site = await startSite({ cacheProvider: createSpyProvider({ store: () => stored.promise }) })
    await site.facsimile.flush()
    await site.visit()
    const events: string[] = []
    const flushed = site.facsimile.flush(60_000).then(() => events.push('flushed'))
    await site.facsimile.flush(10)
    events.push('gave up')
    stored.open()
    await flushed
    expect(events).toEqual(['gave up', 'flushed'])
  })

  test('close waits for stores under way, so that a restart loses no page', async () => {
    const folder = await createFolder()
    const first = await startSite({ cacheProvider: `file:${folder}` })
    const tokens = (await Promise.all(Array.from({ length: 10 }, () => first.visit()))).map(tokenIn)
    await first.facsimile.close()
    const second = await startSite({ cacheProvider: `file:${folder}` })
    for (const token of tokens) expect((await second.crawl(token)).text).toBe(PAGE)
  })

  test('close leaves a provider that it was given open, and a second close does nothing', async () => {
    const cacheProvider = createSpyProvider()
    const site = await startSite({ cacheProvider })
    await site.visit()
    await site.facsimile.close()
    await site.facsimile.close()
    expect(cacheProvider.calls).toEqual(['store'])
    await expect(cacheProvider.peek(createPageToken())).resolves.toBeUndefined()
  })

  test('after close pages leave as before, and what cannot be stored is counted', async () => {
    const lost = collect('facsimile:lost')
    const site = await startSite()
    await site.facsimile.close()
    expect((await site.visit()).text).toContain('window.FetchFrom=')
    await until(() => lost.length === 1)
    expect(lost).toMatchObject([{ reason: 'failed', method: 'GET', status: 200, error: { code: 'PROVIDER_CLOSED' } }])
  })

  test('flush writes what the log has not said yet', async () => {
    const lines: string[] = []
    const lost = collect('facsimile:lost')
    const site = await startSite({
      cacheProvider: createSpyProvider({ store: () => Promise.reject(new Error('down')) }),
      logger: loggerOf((level, _fields, message) => {
        if (level === 'warn') lines.push(message)
      }),
    })
    for (let time = 0; time < 3; time++) await site.visit()
    await until(() => lost.length === 3)
    await site.facsimile.flush()
    expect(lines.map((line) => line.split('.')[0])).toEqual(['1 page was not stored', '2 pages were not stored'])
  })
})

describe('in a process of its own', () => {
  test.each(['memory:', 'file:', 'hanging', 'failing', 'not closed'])('it can end: %s', async (mode) => {
    const { stdout, stderr } = await runWorker('close.mjs', [mode, await createFolder()])
    expect([stdout, stderr]).toEqual(['visited and closed\n', ''])
  })

  test('no fault of a provider or a logger ends it by an unhandled rejection', async () => {
    const { stdout, stderr } = await runWorker('faults.mjs', [])
    expect(stdout).toBe('17 sites, every page intact\n')
    expect(stderr).toBe('')
  })

  test('on a full disk pages leave intact, small ones are stored, and large ones are counted', async () => {
    const worker = join(import.meta.dirname, 'workers', 'full-disk.mjs')
    const limited = ['-c', 'ulimit -f 200; exec "$@"', 'sh', process.execPath, worker, await createFolder()]
    const { stdout } = await promisify(execFile)('sh', limited, { timeout: 20_000 })
    expect(JSON.parse(stdout)).toEqual({
      intact: true,
      lost: ['failed'],
      causes: ['EFBIG'],
      large: 404,
      small: 200,
    })
  })
})

const EVERYTHING_BUT_THE_CLOCK: Parameters<typeof jest.useFakeTimers>[0] = {
  doNotFake: [
    'nextTick',
    'setImmediate',
    'clearImmediate',
    'queueMicrotask',
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
  ],
}

/** A promise that does not settle before the test has ended; then it does, so that no later test hears of it. */
function hang(): Promise<void> {
  const end = createGate()
  afterwards(() => end.open())
  return end.promise
}

function withoutToken({ status, headers, text }: Reply) {
  const { date: _date, ...rest } = headers
  return { status, headers: rest, text: text.replace(/t=[\w-]{32}/, 't=TOKEN') }
}

/** What is published under `name` until the test ends. */
function collect(name: string): unknown[] {
  const messages: unknown[] = []
  const listener = (message: unknown) => void messages.push(message)
  subscribe(name, listener)
  afterwards(() => unsubscribe(name, listener))
  return messages
}

/** Resolves as soon as `isTrue` is; the test's own deadline ends the wait for what never comes. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

function loggerOf(write: (level: keyof Logger, fields: object, message: string) => void): Logger {
  const at = (level: keyof Logger) => (fields: object, message: string) => write(level, fields, message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function runWorker(name: string, args: readonly string[]) {
  const worker = join(import.meta.dirname, 'workers', name)
  return promisify(execFile)(process.execPath, [worker, ...args], { timeout: 20_000 })
}

// Rule 29: the stored copy is exact, however the page was written, and storing it changes nothing for the visitor.
import type { ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import type { CacheProvider, CapturedPage } from '@facsimile/core'
import type { FacsimileSettings } from '@facsimile/express'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import { createTestFacsimile, PAGE, PAGE_WITH_SNIPPETS, serveFiltered } from '../../support/filtered-site.js'

const CRAWLER = { disableCache: false, allowedAddresses: ['127.0.0.1'] }

/** What a visitor was given, and what the crawler is given of it. */
async function visitAndFetch(send: (res: ServerResponse) => unknown, settings: FacsimileSettings = {}) {
  const facsimile = createTestFacsimile({ ...CRAWLER, ...settings })
  let token: string | undefined
  const { port } = await serveFiltered(
    (_req, res) => {
      token = facsimile.tokenFor(res)
      send(res.setHeader('Content-Type', 'text/html; charset=utf-8'))
    },
    { facsimile },
  )
  const visited = await fetchRaw(port)
  await facsimile.flush()
  return { visited, fetched: await fetchRaw(port, { path: `/facsimile?t=${String(token)}` }) }
}

const long = PAGE.replace('Tea', '茶'.repeat(40_000))
const bytes = Buffer.from(long)

/** Writes the page in pieces of these lengths, over and over. */
const inPieces = (lengths: readonly number[]) => (res: ServerResponse) => {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = at + (lengths[turn % lengths.length] ?? 1)
    res.write(bytes.subarray(at, end))
    at = end
  }
  res.end()
}

describe('rule 29: the stored copy', () => {
  test.each([
    ['as one string', (res: ServerResponse) => res.end(long)],
    ['as one Buffer', (res: ServerResponse) => res.end(bytes)],
    ['in small pieces', inPieces([7])],
    ['in large pieces', inPieces([20_000])],
    ['in pieces of all sizes', inPieces([1, 9_000, 100, 17_000, 8_192, 3])],
  ])('is the page as the application made it, written %s', async (_name, send) => {
    const { visited, fetched } = await visitAndFetch(send)
    expect(fetched.status).toBe(200)
    expect(fetched.body.equals(bytes)).toBe(true)
    expect(visited.body.toString()).toBe(PAGE_WITH_SNIPPETS.replace('Tea', '茶'.repeat(40_000)))
  })

  test.each([
    ['whole', (res: ServerResponse) => res.end(PAGE)],
    ['in pieces', (res: ServerResponse) => res.write(PAGE.slice(0, 50)) && res.end(PAGE.slice(50))],
    ['in many pieces', inPieces([3_000])],
  ])('is what the visitor was given, byte for byte, with storeAs: sent (page %s)', async (_name, send) => {
    const { visited, fetched } = await visitAndFetch(send, { storeAs: 'sent' })
    expect(fetched.status).toBe(200)
    expect(fetched.body.equals(visited.body)).toBe(true)
  })

  test('has the spaces that filled a page up to its length, with storeAs: sent', async () => {
    const frames = '<!doctype html><html><head></head><frameset></frameset></html>'
    const bodyStart = { name: 'start', placement: 'body-start', html: '<script>s=1</script>' } as const
    const { visited, fetched } = await visitAndFetch(
      (res) => {
        res.setHeader('Content-Length', frames.length).write(frames.slice(0, 20))
        res.end(frames.slice(20))
      },
      { storeAs: 'sent', snippets: [bodyStart] },
    )
    expect(visited.body.toString()).toBe(frames + ' '.repeat(bodyStart.html.length))
    expect(fetched.body.equals(visited.body)).toBe(true)
  })

  test('is what the visitor was given also where a tail left in silence and more came after it', async () => {
    const facsimile = createTestFacsimile({ ...CRAWLER, storeAs: 'sent' })
    let token: string | undefined
    let res!: ServerResponse
    const { port } = await serveFiltered(
      (_req, response) => {
        token = facsimile.tokenFor(response)
        res = response.setHeader('Content-Type', 'text/html')
        res.write(PAGE)
      },
      { facsimile },
    )
    const connection = await openConnection(port)
    connection.send(requestText())
    await connection.readUntil('</html>')
    res.end('<!-- late -->')
    const visited = await connection.read()
    connection.destroy()
    await facsimile.flush()
    const { body } = await fetchRaw(port, { path: `/facsimile?t=${String(token)}` })
    expect(body.toString()).toBe(`${PAGE_WITH_SNIPPETS}<!-- late -->`)
    expect(body.equals(visited.body)).toBe(true)
  })

  test('does not change when the application uses its Buffer again', async () => {
    const shared = Buffer.from(PAGE)
    const { fetched } = await visitAndFetch((res) => res.end(shared, () => shared.fill(0x21)))
    expect(fetched.body.toString()).toBe(PAGE)
  })

  test.each([
    ['a page that is longer than maxPageBytes', (res: ServerResponse) => res.end(long), { maxPageBytes: 1000 }, true],
    ['a fragment', (res: ServerResponse) => res.end('<p>Tea</p>'), {}, false],
    ['a streamed fragment', (res: ServerResponse) => res.write(' ') && res.end('<p>Tea</p>'), {}, false],
    ['an answer without a body', (res: ServerResponse) => res.writeHead(204).end(), {}, false],
  ] as [string, (res: ServerResponse) => unknown, FacsimileSettings, boolean][])(
    'is not kept of %s',
    async (_name, send, settings, isInjected) => {
      const { visited, fetched } = await visitAndFetch(send, settings)
      expect(fetched.status).toBe(404)
      expect(visited.body.includes('<script>b=1</script>')).toBe(isInjected)
    },
  )
})

test.each(['memory:', 'a provider that keeps the buffer it is given'])(
  'rule 29: an application that wipes its buffer when the response has finished changes no copy (%s)',
  async (location) => {
    const kept = new Map<string, CapturedPage>()
    const keeping: CacheProvider = {
      name: 'keeping',
      store: (token, page) => Promise.resolve(void kept.set(token, page)),
      pull: (token) => Promise.resolve(kept.get(token)),
      peek: (token) => Promise.resolve(kept.get(token)),
      remove: (token) => Promise.resolve(kept.delete(token)),
      check: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    }
    const { visited, fetched } = await visitAndFetch(
      (res) => {
        const page = Buffer.from(long)
        res.once('finish', () => page.fill(0))
        res.end(page, () => page.fill(0))
      },
      { cacheProvider: location === 'memory:' ? location : keeping },
    )
    expect(visited.body.includes(bytes.subarray(100, 90_000))).toBe(true)
    expect(fetched.body.equals(bytes)).toBe(true)
    // A text is nobody else's, and needs no copy.
    const text = await visitAndFetch((res) => res.end(long), {
      cacheProvider: location === 'memory:' ? location : keeping,
    })
    expect(text.fetched.body.equals(bytes)).toBe(true)
  },
)

describe('rule 29: tokenFor()', () => {
  /** What the handler is told before it writes, in the middle of the page and when it has ended it. */
  async function askedAllAlong(settings: FacsimileSettings, type = 'text/html', method = 'GET') {
    const facsimile = createTestFacsimile({ ...CRAWLER, ...settings })
    const answers: unknown[] = []
    const { port } = await serveFiltered(
      (_req, res) => {
        const ask = () => answers.push(facsimile.tokenFor(res))
        if (settings.storeAs !== 'sent') ask()
        res.setHeader('Content-Type', type).write(PAGE.slice(0, 60))
        ask()
        res.end(PAGE.slice(60))
      },
      { facsimile },
    )
    const { body } = await fetchRaw(port, { method })
    return { answers, body: body.toString() }
  }

  test('answers with one token all along, which is that of the snippets', async () => {
    const snippets = [{ name: 'token', placement: 'body-end', html: '<i>%CacheToken%</i>' }] as const
    for (const storeAs of ['produced', 'sent'] as const) {
      const { answers, body } = await askedAllAlong({ snippets, storeAs })
      expect(new Set(answers)).toEqual(new Set([/<i>([\w-]{32})<\/i>/.exec(body)?.[1]]))
    }
  })

  test.each<[string, FacsimileSettings, string]>([
    ['what is no page', {}, 'text/plain'],
    ['a page that is not stored', { disableCache: true }, 'text/html'],
    ['an excluded page', { exclude: ['/**'] }, 'text/html'],
  ])('answers with none once it is known that it will not be stored: %s', async (_name, settings, type) => {
    const { answers } = await askedAllAlong(settings, type)
    expect(answers.at(-1)).toBeUndefined()
  })

  test('answers with none once the headers of a HEAD have gone', async () => {
    const { answers } = await askedAllAlong({}, 'text/html', 'HEAD')
    expect(answers.slice(1)).toEqual([undefined])
  })

  test('answers with none from the start where nothing is ever stored', async () => {
    const snippets = [{ name: 'token', placement: 'body-end', html: '<i>%CacheToken%,%FetchUrl%</i>' }] as const
    const { answers, body } = await askedAllAlong({ disableCache: true, snippets })
    expect(answers).toEqual([undefined, undefined])
    expect(body).toContain('<i>,null</i>')
  })
})

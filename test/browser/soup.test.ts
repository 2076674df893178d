// Generated pages, plain and compressed, through the real filter into a real browser: what runs, and what they become.
import { beforeAll, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import { createFacsimile } from '@facsimile/express'
import { decode } from '../fuzz/charsets.js'
import { readPage, type ReadPage } from '../fuzz/document.js'
import { createCase, type FuzzCase } from '../fuzz/fuzz-case.js'
import { insert, split } from '../fuzz/insert.js'
import { judgeCase, type Judgement } from '../fuzz/judge-case.js'
import { planOf, PLACES, type Markers, type Place } from '../fuzz/markers.js'
import { openBrowser } from '../support/browser.js'

const SEED = 20_261_122
const CASES = 500
/** So many pages are loaded side by side. */
const BATCH = 50
const DEADLINE_MS = 240_000

const HOST = readFileSync(join(import.meta.dirname, 'soup-host.html'))
const OWN_SCRIPT = '<script>top.note(location.pathname,"own")</script>'
const snippetOf = (place: Place) => `<script data-place="${place}">top.note(location.pathname,"${place}")</script>`
const SNIPPETS = Object.fromEntries(PLACES.map((place) => [place, snippetOf(place)])) as Markers
const PLAN = planOf(SNIPPETS)
const PLACEMENTS = {
  headStart: 'head-start',
  headEnd: 'head-end',
  bodyStart: 'body-start',
  bodyEnd: 'body-end',
} as const

/** Every third page comes as it is, the others compressed by the application. */
const CODINGS = [
  { encoding: undefined, encode: (bytes: Buffer) => bytes },
  { encoding: 'gzip', encode: (bytes: Buffer) => gzipSync(bytes) },
  { encoding: 'deflate', encode: (bytes: Buffer) => deflateSync(bytes) },
]

/**
 * What Chromium reads differently from parse5: the standard of today lets a select hold anything and knows processing
 * instructions, and Chromium takes every NUL away. None of it moves a snippet from where it runs.
 */
const READ_DIFFERENTLY = /<select|<\?|\0/i

interface LoadedPage extends FuzzCase {
  readonly page: string
  /** The page with its snippets, as parse5 reads it. */
  readonly read: ReadPage
  readonly judgement: Judgement
  /** The names of the scripts that ran in the browser, in order. */
  readonly ran: readonly string[]
  /** The document in the browser, and the same for the page without a filter where parse5 is no judge. */
  readonly dump: string
  readonly bareDump: string | undefined
}

let loaded: readonly LoadedPage[]

beforeAll(async () => {
  const cases = Array.from({ length: CASES }, (_, number) => createCase(SEED, number, OWN_SCRIPT))
  loaded = await loadInBrowser(cases)
}, DEADLINE_MS)

test('every snippet runs exactly once where parse5 sees a script that runs, and nowhere else', () => {
  for (const { number, page, read, ran } of loaded) {
    const snippets = ran.filter((name) => name !== 'own')
    // What ran in a body before a frameset took its place is not in the document any more.
    const expected = PLACES.filter((place) => read.markers.has(place) || (read.isFrameset && snippets.includes(place)))
    expect({ number, page, snippets }).toEqual({ number, page, snippets: expected })
  }
})

test("wherever the page's own last script runs, every snippet does, the documented exceptions aside", () => {
  let pages = 0
  for (const { number, page, ran, judgement } of loaded) {
    if (judgement.kind !== 'page' || isSwallowed(judgement) || !ran.includes('own')) continue
    pages++
    expect({ number, page, ran: [...ran].sort() }).toEqual({ number, page, ran: [...PLACES, 'own'].sort() })
  }
  expect(pages).toBeGreaterThan(CASES / 2)
})

test('the document is the one that parse5 reads', () => {
  let pages = 0
  for (const { number, page, read, dump } of loaded) {
    if (READ_DIFFERENTLY.test(page)) continue
    pages++
    expect({ number, page, document: withoutLetters(dump) }).toEqual({
      number,
      page,
      document: withoutLetters(read.dump()),
    })
  }
  expect(pages).toBeGreaterThan(CASES / 2)
})

test('where Chromium reads a page differently, it does so with the snippets and without them', () => {
  let pages = 0
  for (const { number, page, dump, bareDump, judgement } of loaded) {
    if (bareDump === undefined || isSwallowed(judgement)) continue
    pages++
    expect({ number, page, dump }).toEqual({ number, page, dump: bareDump })
  }
  expect(pages).toBeGreaterThan(CASES / 20)
})

async function loadInBrowser(cases: readonly FuzzCase[]): Promise<readonly LoadedPage[]> {
  const bytesOf = ({ pieces }: FuzzCase) => Buffer.from(pieces.join(''), 'latin1')
  const handler: RequestListener = (req, res) => {
    const fuzzCase = cases[Number(/^\/(?:bare\/)?(\d+)$/.exec(req.url ?? '')?.[1])]
    if (req.url === '/host') res.setHeader('Content-Type', 'text/html; charset=utf-8').end(HOST)
    else if (fuzzCase === undefined) res.writeHead(404).end()
    else {
      res.setHeader('Content-Type', `text/html; charset=${fuzzCase.charset}`)
      const { encoding, encode } = CODINGS[fuzzCase.number % CODINGS.length]!
      if (encoding !== undefined) res.setHeader('Content-Encoding', encoding)
      for (const chunk of split(encode(bytesOf(fuzzCase)), fuzzCase.randomSizes)) res.write(chunk)
      res.end()
    }
  }
  return withSite(handler, async (origin) => {
    const page = await (await openBrowser()).newPage()
    await page.goto(`${origin}/host`)
    const dumpsOf = async (paths: readonly string[]) => {
      const dumps: string[] = []
      for (let from = 0; from < paths.length; from += BATCH)
        dumps.push(...(await page.evaluate<string[]>(`loadAll(${JSON.stringify(paths.slice(from, from + BATCH))})`)))
      return dumps
    }
    const dumps = await dumpsOf(cases.map(({ number }) => `/${number}`))
    const notes = await page.evaluate<{ path: string; name: string }[]>('notes')
    const differing = cases.filter(({ pieces }) => READ_DIFFERENTLY.test(pieces.join('')))
    const bareDumps = await dumpsOf(differing.map(({ number }) => `/bare/${number}`))
    return cases.map((fuzzCase, index) => ({
      ...fuzzCase,
      page: fuzzCase.pieces.join(''),
      read: readPage(decode(insert(bytesOf(fuzzCase), PLAN).output.toString('latin1'), fuzzCase.charset)),
      judgement: judgeCase({ ...fuzzCase, longHeadStart: false }),
      ran: notes.filter(({ path }) => path === `/${fuzzCase.number}`).map(({ name }) => name),
      dump: dumps[index]!,
      bareDump: bareDumps[differing.indexOf(fuzzCase)],
    }))
  })
}

/** Behind a filter that leaves `/host` and `/bare/` alone. */
async function withSite<Result>(handler: RequestListener, use: (origin: string) => Promise<Result>): Promise<Result> {
  const facsimile = createFacsimile({
    snippets: PLACES.map((place) => ({ name: place, placement: PLACEMENTS[place], html: SNIPPETS[place] })),
    exclude: ['/host', '/bare/**'],
    disableCache: true,
  })
  const server = createServer((req, res) => facsimile.middleware(req, res, () => handler(req, res)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await facsimile.close()
  }
}

/** Whether the end of the page takes the snippet for a part of itself, such as a comment's. */
function isSwallowed({ exceptions }: Judgement): boolean {
  return exceptions.has('open-at-end') || exceptions.has('tail-inside-markup')
}

/** Node's decoders know fewer characters than a browser's: any number of letters that are not ASCII are one `?`. */
function withoutLetters(text: string): string {
  return text.replace(/[^\0-\x7f]+/g, '?')
}

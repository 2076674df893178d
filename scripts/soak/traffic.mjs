// What the visitors and the crawler ask for, and what is wrong with an answer, if anything.
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { CRAWLER_ADDRESS, FETCH_PATH, fetchUrlOf, HEAD_SNIPPET, pageOf, tokenIn, withSnippets } from './pages.mjs'
import { pick } from './random.mjs'
import { imageOf, jsonOf, tagOf } from './assets.mjs'

/** Sizes of pages in units of 1024 bytes, and how often each is asked for. */
const SIZES = [
  [1, 30],
  [10, 30],
  [50, 21],
  [100, 12],
  [300, 4],
  [1024, 3],
]
const COMPRESSED_SIZES = [
  [10, 3],
  [50, 2],
]
const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync, deflate: inflateSync }
const ENCODINGS = Object.keys(DECODERS).map((name) => [name, 1])
const STRANGER = '198.51.100.7'
const TOKEN_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * Kinds of requests, and how many of a hundred are of each. `make({ random, visit, tokens })` gives
 * `{ method, path, headers, body, problemOf(answer) }`, where `problemOf` answers with nothing for a right answer. Of a page
 * `source` tells which one it must be, and `decode(answer)` undoes its compression. `breaks` kinds must end before they are
 * complete; `until` is a text after which the visitor leaves.
 */
export const KINDS = [
  kind('page in one shot', 19, (chance) => page('/send', chance)),
  kind('streamed page', 14, (chance) => page('/stream', chance)),
  kind('page without Express', 6, (chance) => page('/bare/send', chance)),
  kind('streamed page without Express', 3, (chance) => page('/bare/stream', chance)),
  kind('page with a pause at its end', 1, (chance) => page('/paused', chance)),
  kind('page that begins late', 2, (chance) => page('/late', chance)),
  kind('page for a slow reader', 2, (chance) => ({ ...pageOfSize('/stream', 300, chance.visit), readsSlowly: true })),
  kind('answer to a POST', 5, (chance) => ({ ...page('/send', chance), method: 'POST', body: 'tea=2&'.repeat(300) })),
  kind('page asked for if it has changed', 3, (chance) =>
    withHeaders(page('/send', chance), { Accept: 'text/html', 'If-None-Match': 'W/"old"' }),
  ),
  kind('HEAD', 3, (chance) => ({ ...page('/send', chance), method: 'HEAD', problemOf: headProblem })),
  kind('page of a visitor who opted out', 2, (chance) => ({
    ...withHeaders(page('/send', chance), { Cookie: 'WRUID=0' }),
    problemOf: ({ status, body }) => differs(status, body, pageOf(chance.kib, chance.visit)),
  })),
  kind('page compressed by the handler', 3, ({ random, visit }) =>
    encodedPage(`/compressed/${pick(random, ENCODINGS)}`, random, visit),
  ),
  kind('page compressed further out', 4, ({ random, visit }) => encodedPage('/outside/stream', random, visit, 'gzip')),
  kind('page compressed further in', 3, ({ random, visit }) => encodedPage('/inside/stream', random, visit, 'gzip')),
  kind('JSON', 5, ({ visit }) => asset(`/json/${visit % 7}`, jsonOf(visit % 7))),
  kind('image', 5, ({ visit }) => asset(`/image/${visit % 7}`, imageOf(visit % 7))),
  kind('asset that has not changed', 4, ({ visit }) => notModified(visit % 7)),
  kind('part of a page', 1, ({ visit }) => asset(`/fragment?visit=${visit}`, Buffer.from('<p>2 lamps</p>'))),
  kind('events', 2, () => ({ ...get('/events'), until: 'data: 3\n\n' })),
  kind('error before the page', 1, ({ visit }) => ({
    ...pageOfSize('/fails', 1, visit),
    path: `/fails?visit=${visit}`,
    status: 500,
  })),
  kind('error midway', 2, ({ visit }) => ({ ...get(`/breaks/100?visit=${visit}`), breaks: true })),
  kind('fetch by the crawler', 8, fetchPage),
  kind('fetch of what is not there', 1, ({ random }) => crawl(fetchUrlOf(strangeToken(random)), [404, 503])),
  kind('fetch without a token', 0.5, () => crawl(`${FETCH_PATH}?t=short`, [404])),
  kind('fetch by a stranger', 0.5, ({ tokens }) =>
    withHeaders(crawl(fetchUrlOf(tokens.at(-1)?.token ?? 'none'), [403]), { 'X-Forwarded-For': STRANGER }),
  ),
]

function kind(name, share, make) {
  return { name, share, make: (chance) => ({ status: 200, method: 'GET', headers: {}, ...make(chance), kind: name }) }
}

function get(path) {
  return { path, problemOf: () => undefined }
}

function withHeaders(request, headers) {
  return { ...request, headers: { ...request.headers, ...headers } }
}

/** Remembers the size in `chance`, for kinds that expect something else of the same page. */
function page(path, chance) {
  chance.kib = pick(chance.random, SIZES)
  return pageOfSize(path, chance.kib, chance.visit)
}

function pageOfSize(path, kib, visit) {
  return {
    path: `${path}/${kib}?visit=${visit}`,
    source: { kib, visit },
    problemOf({ status, body }) {
      return injectedProblem(status, body, pageOf(kib, visit), this.status)
    },
  }
}

function encodedPage(path, random, visit, accepts) {
  const kib = pick(random, COMPRESSED_SIZES)
  return {
    path: `${path}/${kib}?visit=${visit}`,
    source: { kib, visit },
    headers: accepts === undefined ? {} : { 'Accept-Encoding': accepts },
    decode: ({ header, body }) => DECODERS[header('content-encoding')]?.(body),
    problemOf(answer) {
      const decoded = this.decode(answer)
      if (decoded === undefined) return `its Content-Encoding is ${answer.header('content-encoding')}`
      return injectedProblem(answer.status, decoded, pageOf(kib, visit))
    },
  }
}

function injectedProblem(status, body, original, expectedStatus) {
  const token = tokenIn(body)
  return token === undefined
    ? 'it carries no token'
    : differs(status, body, withSnippets(original, token), expectedStatus)
}

function headProblem({ status, body }) {
  return status === 200 && body.length === 0 ? undefined : `HEAD was answered with ${status}, ${body.length} bytes`
}

function asset(path, expected) {
  return { ...get(path), problemOf: ({ status, body }) => differs(status, body, expected) }
}

function notModified(number) {
  return {
    ...get(`/image/${number}`),
    headers: { 'If-None-Match': tagOf(number) },
    problemOf: ({ status }) => (status === 304 ? undefined : `it was answered with ${status} in place of 304`),
  }
}

/** Of a page that some visitor has just been given: once it is there or lost, and a second time it is not there. */
function fetchPage({ random, tokens }) {
  const chosen = tokens[Math.floor(random() * tokens.length)]
  if (chosen === undefined) return crawl(fetchUrlOf(strangeToken(random)), [404, 503])
  if (random() < 0.1) return { ...crawl(fetchUrlOf(chosen.token), [200, 404, 503]), method: 'HEAD' }
  return {
    ...crawl(fetchUrlOf(chosen.token), [200, 404, 503]),
    problemOf({ status, body }) {
      if (status !== 200) return [404, 503].includes(status) ? undefined : `the crawler was answered with ${status}`
      if (chosen.isTaken) return 'the crawler was given a page for the second time'
      chosen.isTaken = true
      return differs(status, body, pageOf(chosen.kib, chosen.visit))
    },
  }
}

function crawl(path, statuses) {
  return {
    ...get(path),
    headers: { 'X-Forwarded-For': CRAWLER_ADDRESS },
    problemOf: ({ status }) => (statuses.includes(status) ? undefined : `the crawler was answered with ${status}`),
  }
}

function strangeToken(random) {
  return Array.from({ length: 32 }, () => TOKEN_CHARACTERS[Math.floor(random() * 64)]).join('')
}

function differs(status, body, expected, expectedStatus = 200) {
  if (status !== expectedStatus) return `its status is ${status} in place of ${expectedStatus}`
  if (body.equals(expected)) return undefined
  const at = body.findIndex((byte, index) => byte !== expected[index])
  const snippets = body.includes(HEAD_SNIPPET) ? 'with snippets' : 'without snippets'
  return `it has ${body.length} bytes in place of ${expected.length} (${snippets}), and differs from byte ${at} on`
}

// Proof that a filter does its work before its speed is believed: each page injected once, otherwise unchanged, and stored.
import { setTimeout as delay } from 'node:timers/promises'
import { startServer } from './child.mjs'
import { expectedBody } from './pages.mjs'
import { CRAWLER_ADDRESS, END_SNIPPET, HEAD_SNIPPET, PLAIN_SNIPPET, VARIANTS } from './variants.mjs'

const REQUEST_DEADLINE_MS = 10_000
const STORE_DEADLINE_MS = 10_000
const LOADED_SECONDS = 0.4

/**
 * Asks a server for one page and compares every byte with what bare Express sends. Where the filter captures, the copy
 * is fetched as a crawler would. Throws with the filter and the case when anything is not as it must be.
 */
export async function verifyCase(server, testCase) {
  const fail = (problem) => {
    throw new Error(`${server.variant} fails at ${testCase.name}: ${problem}. Its figures would mean nothing.`)
  }
  const { injects, keepsUpTo } = VARIANTS[server.variant]
  const expected = expectedBody(testCase)
  const body = await bytesFrom(server.origin + testCase.path, fail)
  if (injects === false || testCase.kind !== 'html') {
    if (!body.equals(expected)) fail('the response was changed')
    return
  }
  const takeOut = injects === 'snippets' ? takeOutSnippets : takeOutPlainSnippet
  const { page, fetchUrl, problem } = takeOut(body.toString())
  if (problem) fail(problem)
  if (page !== expected.toString()) fail('more was changed than the snippets')
  if (keepsUpTo === undefined) return fetchUrl && fail('the page carries the address of a copy that nobody makes')
  await verifyCopy(server, fetchUrl, expected.length <= keepsUpTo ? expected : undefined, fail)
}

/** `expected` is `undefined` for a page that is too long to be stored: it may carry an address, and there is nothing. */
async function verifyCopy({ origin }, fetchUrl, expected, fail) {
  if (!fetchUrl) return expected && fail('the page carries no address of its copy')
  const url = new URL(fetchUrl, origin)
  const headers = { 'X-Forwarded-For': CRAWLER_ADDRESS }
  if (expected === undefined) return bytesFrom(url, fail, headers, 404)
  const copy = await bytesFrom(url, fail, headers)
  if (!copy.equals(expected)) fail('the stored copy is not the page')
}

/** Loads a server of its own whose stores are counted, and throws unless it stores every page that it sends. */
export async function verifyStores(variant, cases, load) {
  const server = await startServer(variant, { args: ['--count-stores'] })
  try {
    for (const { path } of cases) await load.run(server.origin + path, LOADED_SECONDS)
    const deadline = performance.now() + STORE_DEADLINE_MS
    for (;;) {
      const { stores, pages } = await server.ask('counts')
      if (pages > 0 && stores === pages) return pages
      if (performance.now() > deadline)
        throw new Error(`${variant} stored ${stores} of ${pages} pages under load. Its figures would mean nothing.`)
      await delay(50)
    }
  } finally {
    await server.stop()
  }
}

async function bytesFrom(url, fail, headers = {}, status = 200) {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(REQUEST_DEADLINE_MS) })
  if (response.status !== status) fail(`${new URL(url).pathname} answered ${response.status} in place of ${status}`)
  return Buffer.from(await response.arrayBuffer())
}

/** `text` without the two snippets of Facsimile, and the address that the second one carries; `null` where there is none. */
export function takeOutSnippets(text) {
  const [beforeUrl, afterUrl] = END_SNIPPET.split('%FetchUrl%')
  const [opening, headRest, ...moreHeads] = text.split(HEAD_SNIPPET)
  if (headRest === undefined || moreHeads.length > 0)
    return { problem: `the head snippet is there ${moreHeads.length === 0 ? 0 : moreHeads.length + 1} times` }
  if (/<\/head>/i.test(opening)) return { problem: 'the head snippet stands after the head' }
  const [main, endRest, ...moreEnds] = headRest.split(beforeUrl)
  if (endRest === undefined || moreEnds.length > 0)
    return { problem: `the end snippet is there ${moreEnds.length === 0 ? 0 : moreEnds.length + 1} times` }
  const urlEnd = endRest.indexOf(afterUrl)
  const tail = endRest.slice(urlEnd + afterUrl.length)
  if (urlEnd < 0 || !isTail(tail)) return { problem: 'the end snippet is incomplete or not at the end of the body' }
  const fetchUrl = JSON.parse(endRest.slice(0, urlEnd))
  return { page: opening + main + tail, fetchUrl }
}

function takeOutPlainSnippet(text) {
  const [before, after, ...more] = text.split(PLAIN_SNIPPET)
  if (after === undefined || more.length > 0)
    return { problem: `the snippet is there ${more.length === 0 ? 0 : more.length + 1} times` }
  if (!isTail(after)) return { problem: 'the snippet is not at the end of the body' }
  return { page: before + after }
}

function isTail(text) {
  return /^<\/body>\s*<\/html>\s*$/i.test(text)
}

// How long everybody else waits while a page of 10 MB passes: the longest pause of the event loop.
import { LONG_CASES, pageBytesOf } from './pages.mjs'
import { readPage } from './read-page.mjs'
import { withPair } from './server-pair.mjs'
import { median, pairOrder, spread } from './statistics.mjs'
import { verifyCase } from './verify.mjs'

const WARM_UP_PAGES = 4
const START_SECONDS = 1.5
const PAGE_SECONDS = 0.07

export function planEventLoop({ variants, rounds, pages }) {
  return variants.length * rounds * planRound(pages)
}

function planRound(pages) {
  return START_SECONDS + LONG_CASES.length * 2 * (WARM_UP_PAGES + pages) * PAGE_SECONDS
}

/**
 * For each long page and each of `variants`: the longest pause in milliseconds while `pages` pages pass, of the filter and
 * of bare Express, the difference between them, and that of a typical page. Each of the `rounds` has two fresh processes.
 */
export async function measureEventLoop(options, { progress }) {
  const { variants, rounds, pages } = options
  const samples = []
  for (let round = 0; round < rounds; round += 1) {
    for (const [place, name] of variants.entries()) {
      const turn = round + place
      const ofRound = await withPair(name, options, (servers) => measureRound(servers, name, { turn, pages }))
      samples.push(...ofRound)
      const longest = ofRound.map(({ pauses }) => longestOf(pauses))
      const figures = longest.map(({ bareMs, variantMs }) => `${bareMs.toFixed(1)} to ${variantMs.toFixed(1)} ms`)
      progress.step(planRound(pages), `longest pause, round ${round + 1} of ${rounds}, ${name}: ${figures.join(', ')}`)
    }
  }
  return { pages, rounds, cases: LONG_CASES.map((testCase) => summarizeEventLoop(testCase, variants, samples)) }
}

/** `samples` hold `{ name, testCase, pauses }`, and these for each page of a round `{ bareMs, variantMs }`. */
export function summarizeEventLoop({ name, label }, variants, samples) {
  const entries = variants.map((variant) => {
    const own = samples.filter((sample) => sample.name === variant && sample.testCase === name)
    const longest = own.map(({ pauses }) => longestOf(pauses))
    const figures = {
      bareMs: median(longest.map(({ bareMs }) => bareMs)),
      pauseMs: median(longest.map(({ variantMs }) => variantMs)),
      extraMs: spread(longest.map(({ bareMs, variantMs }) => variantMs - bareMs)),
      typicalExtraMs: spread(
        own.map(({ pauses }) => median(pauses.map(({ bareMs, variantMs }) => variantMs - bareMs))),
      ),
    }
    return [variant, figures]
  })
  return { name, label, variants: Object.fromEntries(entries) }
}

function longestOf(pauses) {
  return {
    bareMs: Math.max(...pauses.map(({ bareMs }) => bareMs)),
    variantMs: Math.max(...pauses.map(({ variantMs }) => variantMs)),
  }
}

async function measureRound(servers, name, { turn, pages }) {
  const samples = []
  for (const testCase of LONG_CASES) {
    await verifyCase(servers[name], testCase)
    const pauses = []
    for (let page = -WARM_UP_PAGES; page < pages; page += 1) {
      const pause = {}
      for (const member of pairOrder(Math.abs(turn + page), 'bare', name)) {
        pause[member] = await pauseOf(servers[member], testCase)
      }
      if (page >= 0) pauses.push({ bareMs: pause.bare, variantMs: pause[name] })
    }
    samples.push({ name, testCase: testCase.name, pauses })
  }
  return samples
}

async function pauseOf(server, testCase) {
  await server.ask('watchLoop')
  await readPage(server.origin + testCase.path, pageBytesOf(testCase))
  return server.ask('longestPauseMs')
}

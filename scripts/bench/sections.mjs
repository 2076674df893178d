// The parts of the benchmark. Each can be asked for by an option of its own name.
import { eventLoopBars, fetchBars, firstByteBars, memoryBars, throughputBars } from './bars.mjs'
import { measureEventLoop, planEventLoop } from './event-loop.mjs'
import { measureFetch, planFetch } from './fetch.mjs'
import { measureFirstByte, planFirstByte } from './first-byte.mjs'
import { measureMemory, planMemory } from './memory.mjs'
import { renderEventLoop, renderFetch, renderFirstByte, renderMemory } from './other-reports.mjs'
import { renderThroughput } from './throughput-report.mjs'
import { measureThroughput, planThroughput } from './throughput.mjs'
import { VARIANTS } from './variants.mjs'

const others = ['express-interceptor', 'html-rewriter-wasm']
const inExpress = Object.keys(VARIANTS).filter((name) => VARIANTS[name].base === 'bare')

/**
 * By name: `plan(options)` answers about how many seconds `measure(options, { load, nginx, progress })` will take;
 * `render`, `bars` and `protocol` make a report of what it answers. `variants` are those that are measured unless told
 * otherwise, `quick` those of a quick run, `known` all that can be.
 */
export const SECTIONS = Object.freeze({
  throughput: {
    about: 'requests per second and processor time',
    plan: planThroughput,
    measure: measureThroughput,
    render: renderThroughput,
    bars: throughputBars,
    protocol: ({ rounds, seconds }, { load }) => `${load}; ${rounds} pairs of windows of ${seconds} s for each figure`,
    variants: ['facsimile', 'insertion only', ...others, 'classes only', 'nginx sub_filter'],
    quick: ['facsimile'],
    known: [...inExpress, 'nginx sub_filter'],
  },
  'first-byte': {
    about: 'delay of the first byte of a streamed page',
    plan: planFirstByte,
    measure: measureFirstByte,
    render: renderFirstByte,
    bars: firstByteBars,
    variants: ['facsimile', 'insertion only', ...others],
    quick: ['facsimile'],
    known: inExpress,
  },
  'event-loop': {
    about: 'longest pause of the event loop while 10 MB pages pass',
    plan: planEventLoop,
    measure: measureEventLoop,
    render: renderEventLoop,
    bars: eventLoopBars,
    variants: ['facsimile', 'capture to 16 MiB', 'express-interceptor'],
    quick: ['facsimile', 'capture to 16 MiB'],
    known: inExpress,
  },
  memory: {
    about: 'peak memory while 20 MB pages pass',
    plan: planMemory,
    measure: measureMemory,
    render: renderMemory,
    bars: memoryBars,
    variants: ['facsimile', 'express-interceptor'],
    quick: ['facsimile'],
    // The proof that the page was injected, which others do not.
    known: inExpress.filter((name) => VARIANTS[name].injects !== false),
  },
  fetch: {
    about: 'fetches per second against a bare Express route',
    plan: planFetch,
    measure: measureFetch,
    render: renderFetch,
    bars: fetchBars,
  },
})

// What the benchmark makes of its samples, and how it writes that down.
import { describe, expect, test } from '@jest/globals'
import { isMet, renderBars, throughputBars } from '../../scripts/bench/bars.mjs'
import { renderEnvironment } from '../../scripts/bench/environment.mjs'
import { summarizeEventLoop } from '../../scripts/bench/event-loop.mjs'
import { summarizeFirstBytes } from '../../scripts/bench/first-byte.mjs'
import { summarizeMemory } from '../../scripts/bench/memory.mjs'
import { renderFetch, renderFirstByte, renderMemory } from '../../scripts/bench/other-reports.mjs'
import { createProgress } from '../../scripts/bench/progress.mjs'
import { replaceSection } from '../../scripts/bench/report.mjs'
import { renderShortThroughput, renderThroughput } from '../../scripts/bench/throughput-report.mjs'
import { summarizeCase } from '../../scripts/bench/throughput.mjs'

const PAGE = { name: 'send-100kb', label: '100 KB page, one shot', path: '/send/100', kind: 'html' } as const
const IMAGE = { name: 'png-20kb', label: '20 KB PNG', path: '/png', kind: 'other' } as const

const windowOf = (requestsPerSecond: number, cpuMicros = 100) => ({ requestsPerSecond, cpuMicros })

describe('the figures of a response', () => {
  const pairs = [
    { name: 'facsimile', base: windowOf(1000), variant: windowOf(950, 110) },
    { name: 'express-interceptor', base: windowOf(1100), variant: windowOf(300, 400) },
    { name: 'nginx sub_filter', base: windowOf(9000), variant: windowOf(8100) },
    { name: 'facsimile', base: windowOf(800), variant: windowOf(720, 115) },
    { name: 'express-interceptor', base: windowOf(900), variant: windowOf(300, 380) },
    { name: 'nginx sub_filter', base: windowOf(8000), variant: windowOf(8000) },
  ]
  const variants = ['facsimile', 'express-interceptor', 'nginx sub_filter']
  const figures = summarizeCase(PAGE, variants, pairs)

  test('compare each filter with the neighbour of its own windows', () => {
    expect(figures.summaries['facsimile']?.requests).toEqual({ median: 0.925, min: 0.9, max: 0.95 })
    expect(figures.summaries['nginx sub_filter']?.requests).toEqual({ median: 0.95, min: 0.9, max: 1 })
  })

  test('take the speed of bare Express from the windows of bare Express alone', () => {
    expect(figures.bareRequestsPerSecond).toBe(950)
    const ofNginx = pairs.filter(({ name }) => name === 'nginx sub_filter')
    expect(summarizeCase(PAGE, ['nginx sub_filter'], ofNginx).bareRequestsPerSecond).toBeUndefined()
  })

  test('tell how many times as fast as express-interceptor Facsimile is, round by round', () => {
    expect(figures.timesInterceptor?.min).toBeCloseTo(720 / 300)
    expect(figures.timesInterceptor?.max).toBeCloseTo(950 / 300)
    expect(summarizeCase(PAGE, ['facsimile'], pairs.slice(0, 1)).timesInterceptor).toBeUndefined()
  })
})

describe('the differences within a pair', () => {
  test('of the first byte are taken request by request', () => {
    const pairs = [
      { name: 'facsimile', bareMs: 1, variantMs: 2 },
      { name: 'facsimile', bareMs: 9, variantMs: 9.5 },
      { name: 'facsimile', bareMs: 2, variantMs: 2.25 },
    ]
    expect(summarizeFirstBytes(['facsimile'], pairs)).toEqual({
      bare: { firstByteMs: 2 },
      facsimile: { firstByteMs: 2.25, extraMs: { median: 0.5, min: 0.25, max: 1 } },
    })
  })

  test('of the longest pause are taken round by round, of a typical page page by page', () => {
    const pausesOf = (...pairs: [bareMs: number, variantMs: number][]) => ({
      name: 'facsimile',
      testCase: PAGE.name,
      pauses: pairs.map(([bareMs, variantMs]) => ({ bareMs, variantMs })),
    })
    const samples = [pausesOf([10, 11], [30, 12], [10, 13]), pausesOf([8, 9], [8, 20], [8, 9])]
    expect(summarizeEventLoop(PAGE, ['facsimile'], samples).variants['facsimile']).toEqual({
      bareMs: 19,
      pauseMs: 16.5,
      extraMs: { median: -2.5, min: -17, max: 12 },
      typicalExtraMs: { median: 1, min: 1, max: 1 },
    })
  })

  test('of memory are taken at the peak and before it', () => {
    const processOf = (startMegabytes: number, peakMegabytes: number) => ({ startMegabytes, peakMegabytes })
    const pairs = [
      { name: 'facsimile', bare: processOf(60, 100), variant: processOf(70, 115) },
      { name: 'facsimile', bare: processOf(60, 140), variant: processOf(72, 145) },
    ]
    expect(summarizeMemory(['facsimile'], pairs)).toEqual({
      bare: { peakMegabytes: 120 },
      facsimile: {
        peakMegabytes: 130,
        extraMegabytes: { median: 10, min: 5, max: 15 },
        extraAtStartMegabytes: { median: 11, min: 10, max: 12 },
      },
    })
  })
})

describe('the bars', () => {
  const measured = (testCase: { kind: string; path: string }, ratio: number, times?: number) => ({
    ...testCase,
    label: testCase.path,
    summaries: { facsimile: { requests: { median: ratio } } },
    timesInterceptor: times === undefined ? undefined : { median: times },
  })

  test('are 0.90 for a page in one piece, 0.85 for a streamed one and 0.98 for what is no page', () => {
    const stream = { kind: 'html', path: '/stream/10' }
    const rows = throughputBars({ cases: [measured(PAGE, 1), measured(stream, 1), measured(IMAGE, 1)] })
    expect(rows.map(({ atLeast }) => atLeast)).toEqual([0.9, 0.85, 0.98])
  })

  test('are two and a half times express-interceptor for pages of 100 KB and more', () => {
    const short = { kind: 'html', path: '/send/10' }
    const rows = throughputBars({ cases: [measured(PAGE, 1, 2.4), measured(short, 1, 2), measured(IMAGE, 1, 1)] })
    expect(rows.filter(({ unit }) => unit === ' times')).toEqual([
      { what: '/send/100, against express-interceptor', atLeast: 2.5, unit: ' times', measured: 2.4 },
    ])
  })

  test('are not judged where Facsimile was not measured', () => {
    const cases = [{ ...measured(PAGE, 1), summaries: {} }]
    expect(throughputBars({ cases })).toEqual([])
    expect(renderBars([])).toBeUndefined()
  })

  test('are judged by the figure as it is, and shown where they are missed', () => {
    const rows = [
      { what: 'speed', atLeast: 0.9, unit: '', measured: 0.9 },
      { what: 'more speed', atLeast: 0.9, unit: '', measured: 0.8999 },
      { what: 'delay', atMost: 2, unit: ' ms', measured: -0.25 },
      { what: 'more delay', atMost: 2, unit: ' ms', measured: 2.004 },
      { what: 'nothing', atMost: 2, unit: ' ms', measured: NaN },
    ]
    expect(rows.map(isMet)).toEqual([true, false, true, false, false])
    expect(renderBars(rows)?.split('\n').slice(0, 6)).toEqual([
      '| what       | bar           | measured  | met    |',
      '| ---------- | ------------- | --------- | ------ |',
      '| speed      | at least 0.90 | 0.900     | yes    |',
      '| more speed | at least 0.90 | 0.900     | **no** |',
      '| delay      | at most 2 ms  | −0.250 ms | yes    |',
      '| more delay | at most 2 ms  | 2.004 ms  | **no** |',
    ])
  })
})

describe('the report of the benchmark', () => {
  const summary = {
    requests: { median: 0.954, min: 0.9, max: 1.02 },
    cpu: { median: 1.046, min: 1, max: 1.1 },
    extraCpuMicros: 12.4,
  }
  const ofNginx = { ...summary, cpu: { median: NaN, min: NaN, max: NaN }, extraCpuMicros: NaN }
  const speeds = { bareRequestsPerSecond: 4999.6, bareCpuMicros: 200.2 }
  const result = {
    variants: ['facsimile', 'insertion only', 'nginx sub_filter'],
    cases: [
      {
        label: '10 KB page, one shot',
        ...speeds,
        summaries: {
          facsimile: summary,
          'insertion only': { ...summary, extraCpuMicros: -3 },
          'nginx sub_filter': ofNginx,
        },
      },
    ],
  }

  test('has a table of speeds and one of processor time, empty where that is not known', () => {
    const [speed, , note, cpu] = renderThroughput(result).split('\n\n')
    expect(speed?.split('\n')[2]).toBe(
      '| 10 KB page, one shot | 5000                | **0.95** (0.90 to 1.02) | **0.95** (0.90 to 1.02) | **0.95** (0.90 to 1.02) |',
    )
    expect(note).toMatch(/^The ratio of nginx is to the same nginx without/)
    expect(cpu?.split('\n')[2]).toBe(
      '| 10 KB page, one shot | 200              | 1.05 (+12 µs) | 1.05 (−3 µs)   |                  |',
    )
  })

  test('says so where nginx took no part', () => {
    expect(renderThroughput({ ...result, variants: ['facsimile'] })).toContain('nginx took no part.')
  })

  test('is short in the README: Facsimile and the filters of others', () => {
    const [head] = renderShortThroughput(result).split('\n')
    expect(head).toBe('| response             | bare Express, req/s | facsimile               |')
  })

  test('has a row for bare Express without differences', () => {
    const extraMs = { median: 0.1, min: -0.001, max: 0.2 }
    const delays = { bare: { firstByteMs: 1.2 }, facsimile: { firstByteMs: 1.3, extraMs } }
    const firstByte = renderFirstByte({ requests: 200, variants: delays })
    expect(firstByte).toMatch(/^\| bare +\| 1\.20 +\| +\|$/m)
    expect(firstByte).toMatch(/^\| facsimile \| 1\.30 +\| \*\*\+0\.10\*\* \(\+0\.00 to \+0\.20\) \|$/m)
    const extraMegabytes = { median: 11, min: -2.04, max: 15 }
    const memory = renderMemory({
      rounds: 6,
      variants: {
        bare: { peakMegabytes: 100 },
        facsimile: { peakMegabytes: 111, extraMegabytes, extraAtStartMegabytes: extraMegabytes },
      },
    })
    expect(memory).toMatch(/^\| bare +\| 100\.0 +\| +\| +\|$/m)
    expect(memory).toMatch(/^\| facsimile \| 111\.0 +\| \*\*\+11\.0\*\* \(−2\.0 to \+15\.0\) \|/m)
  })

  test('tells of fetches how often and of which pages', () => {
    const report = renderFetch({
      rounds: 6,
      cases: [{ mode: 'once', kibibytes: 100, bareFetchesPerSecond: 3000.4, summary }],
    })
    expect(report.split('\n')[2]).toBe(
      '| 100 KB page, fetched once | 3000                | **0.95** (0.90 to 1.02) | 1.05 (+12 µs) |',
    )
  })

  test('ends with the machine and the programs', () => {
    const environment = {
      cores: 2,
      processor: 'Z80',
      memoryGibibytes: 24,
      kernel: 'Linux 6.1 x64',
      node: '20.20.0',
      v8: '11.3',
      versions: { express: '5.3.0', nginx: '1.22.1' },
    }
    const machine = '2 cores (Z80) shared with the client, 24 GiB of memory, Linux 6.1 x64; Node 20.20.0 (V8 11.3)'
    expect(renderEnvironment(environment, 'wrk')).toBe(`${machine}; express 5.3.0, nginx 1.22.1; wrk.`)
    expect(renderEnvironment(environment, undefined)).toBe(`${machine}; express 5.3.0, nginx 1.22.1.`)
  })

  test('replaces what stands between its two markers and nothing else', () => {
    const readme = '# Title\n\n<!-- bench:start -->\n\nold\n\n<!-- bench:end -->\n\nrest $& $1\n'
    const written = replaceSection(readme, 'bench', 'new $& table\n')
    expect(written).toBe('# Title\n\n<!-- bench:start -->\n\nnew $& table\n\n<!-- bench:end -->\n\nrest $& $1\n')
    expect(replaceSection(written, 'bench', 'new $& table')).toBe(written)
  })

  test.each([
    ['no markers', '# Title\n'],
    ['no end', '<!-- bench:start -->\n'],
    ['the wrong order', '<!-- bench:end -->\n<!-- bench:start -->\n'],
    ['two starts', '<!-- bench:start -->\n<!-- bench:start -->\n<!-- bench:end -->\n'],
    ['two ends', '<!-- bench:start -->\n<!-- bench:end -->\n<!-- bench:end -->\n'],
  ])('refuses a document with %s and names the markers', (_, readme) => {
    expect(() => replaceSection(readme, 'bench', 'table')).toThrow('<!-- bench:start -->')
  })
})

describe('the progress of the benchmark', () => {
  test('judges the time that is left by how long the steps before took', () => {
    const lines: string[] = []
    let nowMs = 0
    const progress = createProgress(
      200,
      (line: string) => lines.push(line),
      () => nowMs,
    )
    nowMs = 20_000
    progress.step(10, 'one')
    nowMs = 140_000
    progress.step(100, 'two')
    progress.step(100, 'three')
    expect(lines).toEqual(['[6 min 20 s left] one', '[1 min 55 s left] two', '[0 s left] three'])
  })
})

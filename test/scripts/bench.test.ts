import { describe, expect, test } from '@jest/globals'
import { parseAutocannon, parseWrk } from '../../scripts/bench/load.mjs'
import { parseOptions, UsageError } from '../../scripts/bench/options.mjs'
import { CASES, createPage, expectedBody } from '../../scripts/bench/pages.mjs'
import { renderMemory, renderThroughput, replaceSection } from '../../scripts/bench/report.mjs'
import { median, pairOrder, spread, summarizePairs } from '../../scripts/bench/statistics.mjs'
import { END_SNIPPET, HEAD_SNIPPET } from '../../scripts/bench/variants.mjs'
import { takeOutSnippets } from '../../scripts/bench/verify.mjs'

describe('the statistics of the benchmark', () => {
  test('take the middle value, and the mean of the two middle values of an even number', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([10, 1, 2, 4])).toBe(3)
    expect(median([7])).toBe(7)
  })

  test('sort numbers as numbers and leave the list as it was', () => {
    const values = [100, 9, 20]
    expect(median(values)).toBe(20)
    expect(values).toEqual([100, 9, 20])
  })

  test('refuse a median of nothing', () => {
    expect(() => median([])).toThrow(/no values/)
  })

  test('show the median between the lowest and the highest value', () => {
    expect(spread([0.9, 1.1, 0.95])).toEqual({ median: 0.95, min: 0.9, max: 1.1 })
  })

  test('divide within each pair before they take the median', () => {
    const pair = (bare: number, variant: number) => ({
      bare: { requestsPerSecond: bare, cpuMicros: 100 },
      variant: { requestsPerSecond: variant, cpuMicros: 120 },
    })
    const { requests, cpu, extraCpuMicros } = summarizePairs([pair(1000, 900), pair(100, 80), pair(2000, 1000)])
    expect(requests).toEqual({ median: 0.8, min: 0.5, max: 0.9 })
    expect(cpu.median).toBeCloseTo(1.2)
    expect(extraCpuMicros).toBe(20)
  })

  test('let bare Express go first in every other round', () => {
    expect([0, 1, 2].map((round) => pairOrder(round, 'facsimile')[0])).toEqual(['bare', 'facsimile', 'bare'])
  })
})

describe('the command line of the benchmark', () => {
  test('measures every case and filter unless told otherwise', () => {
    const options = parseOptions([])
    expect(options.cases).toEqual(CASES)
    expect(options.variants).toEqual(['facsimile', 'express-interceptor', 'html-rewriter-wasm', 'classes only'])
    expect(options).toMatchObject({ rounds: 5, seconds: 2, memory: false, json: false, write: false })
  })

  test('compares with bare Express alone, and for a shorter time, when it is to be quick', () => {
    const options = parseOptions(['--quick'])
    expect(options.variants).toEqual(['facsimile'])
    expect(options.rounds * options.seconds).toBeLessThan(3)
  })

  test('takes the named cases in the order of the table', () => {
    const { cases } = parseOptions(['--only', 'png-20kb,send-10kb', '--variants', 'html-rewriter-wasm'])
    expect(cases.map(({ name }) => name)).toEqual(['send-10kb', 'png-20kb'])
  })

  test.each([
    [['--only', 'send-10gb'], /--only does not know "send-10gb"; choose from send-10kb/],
    [['--only', ''], /--only does not know ""/],
    [['--variants', 'facsimile,nginx'], /--variants does not know "nginx"; choose from facsimile/],
    [['--rounds', '0'], /--rounds is "0"; it takes a whole number from 1 to 100/],
    [['--rounds', '2.5'], /--rounds is "2.5"/],
    [['--seconds', 'soon'], /--seconds is "soon"; it takes a number from 0.2 to 60/],
    [['--seconds', ''], /--seconds is ""/],
    [['--fast'], /--fast/],
    [['send-10kb'], /send-10kb/],
  ])('refuses %j and says what may stand there', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError)
    expect(() => parseOptions(args)).toThrow(message)
  })
})

describe('the reports of the load generators', () => {
  const wrkReport = (trouble = '') => `Running 7s test @ http://127.0.0.1:4000/png
  1 threads and 16 connections
  2501 requests in 500.12ms, 50.00MB read
${trouble}Requests/sec:   5000.80
Transfer/sec:     99.97MB
`

  test('of wrk give the number of requests and their rate', () => {
    expect(parseWrk(wrkReport())).toEqual({ requests: 2501, requestsPerSecond: 5000.8 })
  })

  test('of wrk are refused when requests failed', () => {
    expect(() => parseWrk(wrkReport('  Non-2xx or 3xx responses: 4\n'))).toThrow(/Non-2xx or 3xx responses: 4/)
    expect(() => parseWrk(wrkReport('  Socket errors: connect 0, read 3, write 0, timeout 0\n'))).toThrow(/read 3/)
  })

  test('of wrk are refused when nothing was counted', () => {
    expect(() => parseWrk('')).toThrow(/counted no requests/)
  })

  test('of autocannon give the same counts', () => {
    const report = { requests: { total: 1000 }, duration: 0.5, errors: 0, non2xx: 0 }
    expect(parseAutocannon(JSON.stringify(report))).toEqual({ requests: 1000, requestsPerSecond: 2000 })
    expect(() => parseAutocannon(JSON.stringify({ ...report, non2xx: 1 }))).toThrow(/1 responses other than 2xx/)
    expect(() => parseAutocannon(JSON.stringify({ ...report, requests: { total: 0 } }))).toThrow(/no requests/)
  })
})

describe('the pages of the benchmark', () => {
  test.each(CASES.map((testCase) => [testCase.name, testCase] as const))(
    'of %s are the same in every run',
    (_, testCase) => {
      expect(expectedBody(testCase).equals(expectedBody(testCase))).toBe(true)
    },
  )

  test.each([10, 100, 1024])('of %i KiB have exactly this size and one end of their body', (kibibytes) => {
    const page = createPage(kibibytes * 1024)
    expect(Buffer.byteLength(page)).toBe(kibibytes * 1024)
    expect(page.split('</body>')).toHaveLength(2)
  })
})

describe('the proof that a page was injected', () => {
  const [head, end] = ['<html><head><title>t</title></head><body>', '</body></html>\n']
  const url = '/facsimile?t=abc'
  const endSnippet = END_SNIPPET.replace('%FetchUrl%', JSON.stringify(url))
  const injected = `<html><head>${HEAD_SNIPPET}<title>t</title></head><body>${endSnippet}${end}`

  test('gives the page back as the application made it, and the address of its copy', () => {
    expect(takeOutSnippets(injected)).toEqual({ page: head + end, fetchUrl: url })
  })

  test.each([
    ['no snippet', head + end, /0 times/],
    ['two head snippets', injected.replace('<title>', `${HEAD_SNIPPET}<title>`), /head snippet is there 2 times/],
    ['two end snippets', injected.replace(endSnippet, endSnippet + endSnippet), /end snippet is there 2 times/],
    [
      'a head snippet in the body',
      injected.replace(HEAD_SNIPPET, '').replace('<body>', `<body>${HEAD_SNIPPET}`),
      /after the head/,
    ],
    ['an end snippet before the end', injected.replace(endSnippet, `${endSnippet}<p>more</p>`), /not at the end/],
    ['no address', injected.replace(JSON.stringify(url), 'null'), /no address/],
  ])('refuses a page with %s', (_, page, problem) => {
    expect(takeOutSnippets(page).problem).toMatch(problem)
  })
})

describe('the report of the benchmark', () => {
  const environment = {
    cores: 2,
    platform: 'linux x64',
    node: '20.20.0',
    load: 'wrk, 16 connections',
    protocol: 'pairs of windows for each figure: 5, of 2 s each',
    versions: { express: '5.3.0', '@facsimile/express': '0.1.0' },
  }

  test('is a Markdown table of ratios with the machine under it', () => {
    const summary = {
      requests: { median: 0.954, min: 0.9, max: 1.02 },
      cpu: { median: 1.046, min: 1, max: 1.1 },
      extraCpuMicros: 12.4,
    }
    const faster = { ...summary, extraCpuMicros: -3 }
    const report = renderThroughput({
      environment,
      variants: ['facsimile'],
      cases: [
        { label: '10 KB page, one shot', bareRequestsPerSecond: 4999.6, summaries: { facsimile: summary } },
        { label: '100 KB JSON', bareRequestsPerSecond: 3000, summaries: { facsimile: faster } },
      ],
    })
    expect(report.split('\n').slice(0, 4)).toEqual([
      '| response             | bare Express, req/s | facsimile               | CPU           |',
      '| -------------------- | ------------------- | ----------------------- | ------------- |',
      '| 10 KB page, one shot | 5000                | **0.95** (0.90 to 1.02) | 1.05 (+12 µs) |',
      '| 100 KB JSON          | 3000                | **0.95** (0.90 to 1.02) | 1.05 (−3 µs)  |',
    ])
    expect(report).toContain(
      '2 cores shared with the client; linux x64; Node 20.20.0; wrk, 16 connections; pairs of windows for each figure: 5, of 2 s each; express 5.3.0, @facsimile/express 0.1.0.',
    )
  })

  test('of memory has a row for bare Express without differences', () => {
    const report = renderMemory({
      environment,
      variants: {
        bare: { peakMegabytes: 100, firstByteMs: 1.2 },
        facsimile: {
          peakMegabytes: 111,
          firstByteMs: 1.3,
          extraMegabytes: { median: 11, min: -2.04, max: 15 },
          extraFirstByteMs: { median: 0.1, min: -0.001, max: 0.2 },
        },
      },
    })
    expect(report).toMatch(/^\| bare +\| 100\.0 +\| +\| 1\.20 +\| +\|$/m)
    expect(report).toMatch(
      /^\| facsimile \| 111\.0 +\| \*\*\+11\.0\*\* \(−2\.0 to \+15\.0\) \| 1\.30 +\| \*\*\+0\.10\*\* \(\+0\.00 to \+0\.20\) \|$/m,
    )
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

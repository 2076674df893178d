import { describe, expect, test } from '@jest/globals'
import { parseAutocannon, parseWrk } from '../../scripts/bench/load.mjs'
import { parseOptions, USAGE, UsageError, withoutNginx } from '../../scripts/bench/options.mjs'
import { CASES, createPage, expectedBody } from '../../scripts/bench/pages.mjs'
import { SECTIONS } from '../../scripts/bench/sections.mjs'
import { median, pairOrder, spread, summarizePairs, windowSeconds } from '../../scripts/bench/statistics.mjs'
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
    const pair = (base: number, variant: number) => ({
      base: { requestsPerSecond: base, cpuMicros: 100 },
      variant: { requestsPerSecond: variant, cpuMicros: 120 },
    })
    const { requests, cpu, extraCpuMicros } = summarizePairs([pair(1000, 900), pair(100, 80), pair(2000, 1000)])
    expect(requests).toEqual({ median: 0.8, min: 0.5, max: 0.9 })
    expect(cpu.median).toBeCloseTo(1.2)
    expect(extraCpuMicros).toBe(20)
  })

  test('let the members of a pair take turns in going first', () => {
    expect([0, 1, 2].map((turn) => pairOrder(turn, 'bare', 'facsimile'))).toEqual([
      ['bare', 'facsimile'],
      ['facsimile', 'bare'],
      ['bare', 'facsimile'],
    ])
  })

  test('give a slow server a longer window, and at most three times as long', () => {
    expect([5000, 100, 80, 10, 0].map((speed) => windowSeconds(2, speed))).toEqual([2, 2, 2.5, 6, 6])
  })
})

describe('the command line of the benchmark', () => {
  test('measures throughput of every response and filter unless told otherwise', () => {
    const { sections, ...rest } = parseOptions([])
    expect(Object.keys(sections)).toEqual(['throughput'])
    expect(sections['throughput']).toMatchObject({ cases: CASES, rounds: 6, seconds: 2 })
    expect(sections['throughput']?.variants).toEqual([
      'facsimile',
      'insertion only',
      'express-interceptor',
      'html-rewriter-wasm',
      'classes only',
      'nginx sub_filter',
    ])
    expect(rest).toMatchObject({ json: false, write: false, help: false, profileFolder: undefined })
  })

  test('measures the parts that are named, and all of them on demand', () => {
    expect(Object.keys(parseOptions(['--fetch', '--first-byte']).sections)).toEqual(['first-byte', 'fetch'])
    const all = ['throughput', 'first-byte', 'event-loop', 'memory', 'fetch']
    expect(Object.keys(parseOptions(['--all']).sections)).toEqual(all)
    expect(Object.keys(SECTIONS)).toEqual(all)
  })

  test('compares with bare Express alone, and for a shorter time, when it is to be quick', () => {
    const { throughput } = parseOptions(['--quick']).sections
    expect(throughput?.variants).toEqual(['facsimile'])
    expect(planSeconds('throughput', ['--quick'])).toBeLessThan(60)
  })

  test.each(Object.keys(SECTIONS))('has a quick run of the part %s that takes less than a minute', (name) => {
    expect(planSeconds(name, ['--quick', `--${name}`])).toBeLessThan(60)
  })

  test('takes the named responses and filters in the order of the table', () => {
    const { throughput } = parseOptions([
      '--only',
      'png-20kb,send-10kb',
      '--variants',
      'bare again, insertion only',
    ]).sections
    expect(throughput?.cases.map(({ name }) => name)).toEqual(['send-10kb', 'png-20kb'])
    expect(throughput?.variants).toEqual(['insertion only', 'bare again'])
  })

  test('leaves out of a part the filters that it cannot measure', () => {
    const { sections } = parseOptions(['--throughput', '--memory', '--variants', 'facsimile,nginx sub_filter'])
    expect(sections['throughput']?.variants).toEqual(['facsimile', 'nginx sub_filter'])
    expect(sections['memory']?.variants).toEqual(['facsimile'])
  })

  test('goes on without nginx where there is none, unless it was asked for by name', () => {
    expect(withoutNginx(parseOptions([]))['throughput']?.variants).not.toContain('nginx sub_filter')
    expect(() => withoutNginx(parseOptions(['--variants', 'nginx sub_filter']))).toThrow(UsageError)
  })

  test.each([
    [['--only', 'send-10gb'], /--only does not know "send-10gb"; choose from send-10kb/],
    [['--only', ''], /--only does not know ""/],
    [['--variants', 'facsimile,nginx'], /--variants does not know "nginx"; choose from facsimile/],
    [
      ['--memory', '--variants', 'classes only'],
      /--variants names nothing that --memory measures; choose from facsimile/,
    ],
    [['--rounds', '0'], /--rounds is "0"; it takes a whole number from 1 to 100/],
    [['--rounds', '2.5'], /--rounds is "2.5"/],
    [['--seconds', 'soon'], /--seconds is "soon"; it takes a number from 0.2 to 60/],
    [['--seconds', ''], /--seconds is ""/],
    [['--cpu-prof', ''], /--cpu-prof is ""/],
    [['--write', '--quick'], /--write takes whole tables only; leave --quick out/],
    [['--write', '--only', 'png-20kb'], /leave --only out/],
    [['--write', '--cpu-prof', 'profiles'], /leave --cpu-prof out/],
    [['--fast'], /--fast/],
    [['send-10kb'], /send-10kb/],
  ])('refuses %j and says what may stand there', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError)
    expect(() => parseOptions(args)).toThrow(message)
  })

  test('explains each of its options', () => {
    const options = ['all', 'quick', 'only', 'variants', 'rounds', 'seconds', 'json', 'write', 'cpu-prof', 'help']
    for (const name of [...Object.keys(SECTIONS), ...options]) expect(USAGE).toContain(`\n  --${name} `)
  })

  function planSeconds(name: string, args: string[]): number {
    const options = parseOptions(args).sections[name]
    const section = SECTIONS[name]
    if (options === undefined || section === undefined) throw new Error(`${name} is not measured`)
    return section.plan(options)
  }
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

  test('may tell of no request, where a window was too short for one', () => {
    const none = { requests: { total: 0 }, duration: 0, errors: 0, non2xx: 0 }
    expect(parseAutocannon(JSON.stringify(none))).toEqual({ requests: 0, requestsPerSecond: 0 })
    const report = '  0 requests in 100.05ms, 0.00B read\nRequests/sec:      0.00\n'
    expect(parseWrk(report)).toEqual({ requests: 0, requestsPerSecond: 0 })
  })

  test('of wrk are refused when they tell nothing', () => {
    expect(() => parseWrk('')).toThrow(/did not tell what it counted/)
  })

  test('of autocannon give the same counts', () => {
    const report = { requests: { total: 1000 }, duration: 0.5, errors: 0, non2xx: 0 }
    expect(parseAutocannon(JSON.stringify(report))).toEqual({ requests: 1000, requestsPerSecond: 2000 })
    expect(() => parseAutocannon(JSON.stringify({ ...report, non2xx: 1 }))).toThrow(/1 responses other than 2xx/)
  })
})

describe('the pages of the benchmark', () => {
  test.each(CASES.map((testCase) => [testCase.name, testCase] as const))(
    'of %s are the same in every run',
    (_, testCase) => {
      expect(expectedBody(testCase).equals(expectedBody(testCase))).toBe(true)
    },
  )

  test.each([10, 100, 1024, 10_240])('of %i KiB have exactly this size and one end of their body', (kibibytes) => {
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

  test('tells that a page carries no address, as where nothing is stored', () => {
    expect(takeOutSnippets(injected.replace(JSON.stringify(url), 'null')).fetchUrl).toBeNull()
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
  ])('refuses a page with %s', (_, page, problem) => {
    expect(takeOutSnippets(page).problem).toMatch(problem)
  })
})

import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { createMemoryProvider, createPageToken } from '@facsimile/core'
import { judge, slopeOf, type Measured, type Sample } from '../../scripts/soak/bars.mjs'
import { CutAnswerError, openConnection } from '../../scripts/soak/connection.mjs'
import { conditionIn, createFlappingStore } from '../../scripts/soak/flapping-store.mjs'
import { parseOptions, roundsOf, USAGE, UsageError } from '../../scripts/soak/options.mjs'
import { pageOf, tokenIn, withSnippets } from '../../scripts/soak/pages.mjs'
import { render } from '../../scripts/soak/report.mjs'
import { samplePage } from '../core/providers/sample-page.js'
import { withEnds, type OnEnd } from '../support/ends.js'
import { failureOf } from '../support/failure-of.js'

const MIB = 1024 * 1024

describe('the command line of the soak', () => {
  test('asks for 60 000 requests to a memory provider that flaps every five seconds unless told otherwise', () => {
    expect(parseOptions([])).toMatchObject({
      requests: 60_000,
      seconds: Infinity,
      store: 'memory',
      periodMs: 5_000,
      seed: 1,
      warmUp: 10_000,
      step: 5_000,
      json: false,
      help: false,
    })
  })

  test('knows no end by number when it is given one by time', () => {
    expect(parseOptions(['--seconds', '60'])).toMatchObject({ requests: Infinity, seconds: 60, step: 5_000 })
    expect(parseOptions(['--seconds', '60', '--requests', '3000'])).toMatchObject({ requests: 3_000, seconds: 60 })
  })

  test('looks at memory often enough for a slope, however few the requests', () => {
    const { warmUp, step } = roundsOf(6_000)
    expect((6_000 - warmUp) / step).toBeGreaterThan(5)
  })

  test.each([
    [['--requests', '10'], /--requests is "10"; it takes a whole number from 1000 to 100000000/],
    [['--seconds', ''], /--seconds is ""; it takes a number from 5/],
    [['--seed', '-1'], /--seed/],
    [['--flap', 'often'], /--flap is "often"/],
    [['--store', 'disk'], /--store does not know "disk"; choose from memory, redis/],
    [['--quick'], /--quick.* See --help/],
  ])('refuses %j and says what may stand there', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError)
    expect(() => parseOptions(args)).toThrow(message)
  })

  test('tells every option in its help', () => {
    for (const option of ['requests', 'seconds', 'store', 'flap', 'seed', 'json', 'help'])
      expect(USAGE).toContain(`--${option}`)
  })
})

describe('the verdict of the soak', () => {
  test('takes the slope that fits all samples best', () => {
    const points = [
      [0, 1],
      [1, 3],
      [2, 5],
    ] as [number, number][]
    expect(slopeOf(points)).toBeCloseTo(2)
    expect(slopeOf(points.map(([x], index) => [x, 10 + (index % 2)]))).toBeCloseTo(0)
    expect(slopeOf([[5, 1]])).toBeNaN()
  })

  test('passes a run that left nothing behind', () => {
    expect(missed(measured())).toEqual([])
  })

  test.each<[name: string, change: Partial<Sample>]>([
    ['heap growth in 10 000 requests, MiB', { heapUsed: 12 * MIB }],
    ['bodies neither stored nor let go', { openBodies: 1 }],
    ['timers that wait after the load', { timers: 1_000 }],
    ['listeners that a connection gathers', { mostSocketListeners: 20 }],
    ['listeners of process and server', { listeners: 9 }],
    ['handles after the load', { handles: { TCPServerWrap: 1, Timeout: 2 } }],
    ['connections left open', { connections: 1 }],
    ['warnings and rejections', { complaints: ['MaxListenersExceededWarning'] }],
    ['pages stored and lost', { events: { stored: 90, 'lost: failed': 9 } }],
    ['pages stored', { events: { 'lost: failed': 100 } }],
    ['pages lost in outages', { events: { stored: 100 } }],
  ])('misses one bar only by %s', (name, change) => {
    expect(missed(measured({ last: change }))).toEqual([name])
  })

  test.each<[name: string, end: Partial<Measured['end']>]>([
    ['answers broken by SIGTERM', { broken: 1 }],
    ['exit after SIGTERM', { status: 1 }],
    ['exit after SIGTERM', { status: null, signal: 'SIGTERM' }],
    ['time to exit after SIGTERM, ms', { ms: 12_000 }],
    ['handles at the exit', { handles: { TCPSocketWrap: 1 } }],
    ['warnings until the exit', { complaints: ['unhandled rejection'] }],
  ])('misses one bar only by %s %j', (name, end) => {
    expect(missed(measured({ end }))).toEqual([name])
  })

  test('misses one bar only by buffers that stay', () => {
    expect(missed({ ...measured(), buffersLeft: 18 * MIB })).toEqual(['buffers left by an empty store, MiB'])
  })

  test('lets a short run grow by as much in all as one of 15 000 requests', () => {
    const growth = (requests: number, heapUsed: number) => {
      const run = measured()
      const [first] = run.samples as [Sample]
      return missed({ ...run, samples: [first, { ...first, requests, heapUsed: first.heapUsed + heapUsed }] })
    }
    expect(growth(2_000, 0.7 * MIB)).toEqual([])
    expect(growth(2_000, 0.8 * MIB)).toEqual(['heap growth in 10 000 requests, MiB'])
    expect(growth(50_000, 2.4 * MIB)).toEqual([])
    expect(growth(50_000, 2.6 * MIB)).toEqual(['heap growth in 10 000 requests, MiB'])
  })

  test('misses a bar whose figure is no number', () => {
    expect(missed(measured({ last: { heapUsed: NaN } }))).toEqual(['heap growth in 10 000 requests, MiB'])
  })

  test('shows each bar with its figure, and the cases of what went wrong', () => {
    const wrong = measured({ last: { timers: 1_000, complaints: ['warning: too many'] } })
    const text = render(wrong, judge(wrong))
    expect(text).toMatch(/^MISSED {2}timers that wait after the load: 1000 \(bar: at most 65\)$/m)
    expect(text).toMatch(/^ok {6}wrong answers: 0 \(bar: 0\)$/m)
    expect(text).toContain('  warning: too many')
    expect(text).toMatch(/2 of 19 bars were missed\.$/)
  })

  function missed(run: Measured): string[] {
    return judge(run)
      .filter(({ isMissed }) => isMissed)
      .map(({ name }) => name)
  }

  function measured({
    last = {},
    end = {},
  }: { last?: Partial<Sample>; end?: Partial<Measured['end']> } = {}): Measured {
    const sample: Sample = {
      requests: 0,
      heapUsed: 10 * MIB,
      arrayBuffers: 20 * MIB,
      timers: 2,
      openBodies: 0,
      connections: 0,
      listeners: 8,
      mostSocketListeners: 0,
      handles: { TCPServerWrap: 1 },
      complaints: [],
      finished: 100,
      events: { stored: 90, 'lost: failed': 4, 'lost: paused': 6 },
      store: {},
    }
    return {
      start: { timers: 1, arrayBuffers: MIB },
      buffersLeft: 2 * MIB,
      samples: [sample, { ...sample, requests: 10_000 }, { ...sample, requests: 20_000, ...last }],
      ledger: { counts: { requests: 20_000, wrong: 0, aborted: 4_000 }, crawler: { 200: 10 }, wrong: [], byKind: {} },
      end: {
        status: 0,
        signal: null,
        ms: 100,
        handles: {},
        complaints: [],
        broken: 0,
        visitors: {},
        cases: [],
        ...end,
      },
      seconds: 60,
    }
  }
})

describe('the pages of the soak', () => {
  test.each([1, 10, 1024])('of %i KiB have this size, a number of their own, and traps before their end', (kib) => {
    const page = pageOf(kib, 42)
    expect(page).toHaveLength(kib * 1024)
    expect(page.toString()).toContain('Visit 000000042')
    expect(page.equals(pageOf(kib, 43))).toBe(false)
    expect(page.toString().split('</body>').length).toBeGreaterThan(2)
  })

  test('carry a token before their last end', () => {
    const token = 'A'.repeat(32)
    const sent = withSnippets(pageOf(1, 7), token)
    expect(tokenIn(sent)).toBe(token)
    expect(tokenIn(pageOf(1, 7))).toBeUndefined()
    expect(sent.toString()).toMatch(
      /window\.soak=1<\/script><\/head>[^]*FetchFrom="[^"]+"<\/script><\/body>\n<\/html>\n$/,
    )
  })
})

describe('a visitor of the soak', () => {
  test(
    'reads answers with a length and in chunks, one after the other',
    withEnds(async (onEnd) => {
      const port = await serve(onEnd, (req, res) => {
        if (req.url === '/chunks') res.write('one ')
        res.end('two')
      })
      const connection = await openConnection(port)
      connection.send(['/whole', '/chunks', '/whole'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
      const bodies = []
      for (let time = 0; time < 3; time++) bodies.push((await connection.read('GET')).body.toString())
      expect(bodies).toEqual(['two', 'one two', 'two'])
      await connection.hangUp()
    }),
  )

  test.each([
    ['in its length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive!', true],
    ['between two chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n', true],
    ['in its head', 'HTTP/1.1 200 OK\r\nContent-', true],
    ['before it began', '', false],
  ])('tells an answer that is cut %s', async (_where, text, begun) => {
    await withEnds(async (onEnd) => {
      const server = createTcpServer((socket) => socket.once('data', () => socket.end(text)))
      const connection = await openConnection(await listen(onEnd, server))
      connection.send('GET / HTTP/1.1\r\n\r\n')
      const error = await failureOf(connection.read('GET'))
      expect(error).toBeInstanceOf(CutAnswerError)
      expect(error).toMatchObject({ begun })
      await connection.reset()
    })()
  })

  function serve(onEnd: OnEnd, listener: RequestListener): Promise<number> {
    return listen(onEnd, createServer(listener))
  }

  async function listen(onEnd: OnEnd, server: Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onEnd(() => server.close())
    return (server.address() as AddressInfo).port
  }
})

describe('the store of the soak', () => {
  test('is well in every other period, and fails in four ways by turns', () => {
    expect(Array.from({ length: 9 }, (_, number) => conditionIn(number))).toEqual([
      'well',
      'hangs',
      'well',
      'throws',
      'well',
      'late',
      'well',
      'refuses',
      'well',
    ])
  })

  test('is empty and well while it rests', async () => {
    const inner = createMemoryProvider()
    // So short that it is always failing or about to.
    const store = createFlappingStore(inner, 1)
    await store.rest()
    const token = createPageToken()
    const bodies = [store.provider.openSink!(), store.provider.openSink!()]
    expect(store.openBodies()).toBe(2)
    await bodies[0]!.store(token, samplePage())
    bodies[1]!.discard()
    expect(store.openBodies()).toBe(0)
    expect(await store.provider.peek(token)).toBeDefined()
    await store.rest()
    expect(await inner.peek(token)).toBeUndefined()
    expect(store.seen).toEqual({ well: 2 })
    await store.provider.close()
  })
})

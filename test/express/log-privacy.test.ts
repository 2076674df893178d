// What leaves the process for logs, metrics and traces: one line per entry, and nothing of a visitor in it.
import { Writable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { createPageToken, type CapturedPage } from '@facsimile/core'
import { createMetrics } from '@facsimile/express/metrics'
import { createTelemetry } from '@facsimile/express/telemetry'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { pino, type Logger } from 'pino'
import { Registry } from 'prom-client'
import { openConnection, requestText } from '../support/raw-http.js'
import { createSpyProvider } from './support/spy-provider.js'
import { afterwards, PAGE, startSite, tokenIn } from './support/site.js'

/** A pino logger as it comes, and every line that it wrote. */
function createPino(): {
  readonly logger: Logger
  readonly lines: () => Record<string, unknown>[]
  readonly text: () => string
} {
  let text = ''
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  const lines = () =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { logger: pino({ level: 'trace' }, sink), lines, text: () => text }
}

test('a pino logger fits as it is: fields, then the message, errors with their stack', async () => {
  const { logger, lines } = createPino()
  const cacheProvider = createSpyProvider({ pull: () => Promise.reject(new Error('disk on fire')) })
  const site = await startSite({ logger, cacheProvider })
  await site.crawl(createPageToken())
  await site.crawl('x')
  expect(lines()).toMatchObject([
    {
      level: 50,
      msg: 'The fetcher could not look a page up.',
      err: { type: 'Error', message: 'disk on fire', stack: expect.stringContaining('log-privacy.test') },
      token: expect.stringMatching(/^….{4}$/),
    },
    { level: 30, reason: 'malformed', msg: expect.stringMatching(/^The fetcher was asked for no page\./) },
  ])
})

test('neither token nor URL, query, cookie, address header or page is in a log line, a label or a span', async () => {
  const { logger, lines, text } = createPino()
  const register = new Registry()
  const metrics = createMetrics({ register })
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const telemetry = createTelemetry({ tracerProvider, meterProvider: new MeterProvider() })
  afterwards(() => {
    metrics.close()
    telemetry.close()
  })
  const spans = () =>
    exporter.getFinishedSpans().map(({ name, attributes, events, links }) => ({ name, attributes, events, links }))
  let isDown = false
  const whenUp = <T>(answer: T) => (isDown ? Promise.reject(new Error('down')) : Promise.resolve(answer))
  const pages = new Map<string, CapturedPage>()
  const cacheProvider = createSpyProvider({
    store(token, page) {
      pages.set(token, page)
      return whenUp(undefined)
    },
    pull(token) {
      const page = pages.get(token)
      pages.delete(token)
      return whenUp(page)
    },
  })
  const clientAddress = { source: 'x-forwarded-for', trustedProxies: ['127.0.0.1'] }
  const site = await startSite(
    {
      logger,
      cacheProvider,
      clientAddress,
      exclude: ['/left-out/**'],
      maxPageBytes: 1000,
      snippets: [
        { name: 'recorder', placement: 'body-end', html: '<script>MARK_snippet;window.FetchFrom=%FetchUrl%</script>' },
      ],
    },
    (app) => {
      app.get(/guarded/, (_req, res) => void res.set('Content-Security-Policy', "script-src 'self'").send(PAGE))
      app.get(/long/, (_req, res) => void res.send(PAGE + 'MARK_page'.repeat(200)))
      app.get(/broken/, (_req, res) => void res.type('html').set('Content-Encoding', 'gzip').end('MARK_page'))
      app.get(/.*/, (_req, res) => void res.send(PAGE.replace('Tea', 'MARK_page')))
    },
  )
  const headers = {
    'x-forwarded-for': '127.0.0.1',
    cookie: 'sid=MARK_cookie',
    'user-agent': 'MARK_agent',
    referer: '/MARK_referer',
  }
  const tokens: string[] = []
  async function visit(path: string, more = {}) {
    const page = await site.visit(`/MARK_path${path}?q=MARK_query`, { headers: { ...headers, ...more } })
    if (page.text.includes('FetchFrom')) tokens.push(tokenIn(page))
    return page
  }
  const crawl = (token: string, more = {}) => site.crawl(token, { headers: { ...headers, ...more } })
  await visit('/page')
  await visit('/guarded')
  await visit('/long')
  await visit('/broken')
  await visit('/page', { cookie: 'WRUID=0; sid=MARK_cookie' })
  await site.visit('/left-out/MARK_path?q=MARK_query', { headers })
  for (const token of [tokens[0]!, tokens[0]!, createPageToken(), 'MARK_token']) await crawl(token)
  await crawl(tokens[0]!, { 'x-forwarded-for': 'MARK_junk' })
  await crawl(tokens[0]!, { 'x-forwarded-for': '203.0.113.9' })
  isDown = true
  await crawl(tokens[0]!)
  await visit('/page')
  await site.facsimile.flush()
  expect(lines().find(({ lost }) => lost !== undefined)).toMatchObject({ lost: { 'too-large': 1 } })
  const told = [text(), await register.metrics(), JSON.stringify(spans())]
  expect(told.map((place) => /MARK_\w+/.exec(place)?.[0])).toEqual([undefined, undefined, undefined])
  for (const token of tokens) expect(told.join('\n')).not.toContain(token)
  expect(new Set(lines().map(({ reason }) => reason))).toEqual(
    new Set(['taken', 'unknown', 'malformed', 'header-invalid', 'not-listed', undefined]),
  )
  const [, ...labels] = told
  expect(labels.join('\n')).not.toMatch(/203\.0\.113\.9|127\.0\.0\.1/)
  expect(new Set(spans().map(({ attributes }) => attributes['http.response.status_code']))).toEqual(
    new Set([200, 404, 403, 503]),
  )
})

test('what comes from the network adds no line to the log, and no long one', async () => {
  const { logger, lines, text } = createPino()
  const site = await startSite({ logger, clientAddress: { source: 'x-forwarded-for', trustedProxies: ['127.0.0.1'] } })
  const connection = await openConnection(site.port)
  for (const forwarded of [
    '\t{"level":60,"msg":"forged"}',
    `1.2.3.4\t${'9'.repeat(4000)}`,
    '1.2.3.4\u0085\xff',
    '::ffff:10.0.0.1',
  ]) {
    const request = requestText({
      path: `/facsimile?t=${'%0A'.repeat(32)}`,
      headers: { 'X-Forwarded-For': forwarded },
    })
    connection.send(request)
    await connection.read()
  }
  connection.destroy()
  expect(lines().map(({ reason, clientAddress }) => [reason, clientAddress])).toEqual([
    ['header-invalid', undefined],
    ['header-invalid', undefined],
    ['header-invalid', undefined],
    ['not-listed', '10.0.0.1'],
  ])
  expect(text()).not.toMatch(/forged|9{20}|\p{Cc}(?<!\n)/u)
  for (const line of text().split('\n')) expect(line.length).toBeLessThan(600)
})

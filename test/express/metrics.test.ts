// What Prometheus collects: every number there from the start, counted right, and never a label that somebody made up.
import { execFile } from 'node:child_process'
import { channel } from 'node:diagnostics_channel'
import { cp, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, jest, test } from '@jest/globals'
import { createPageToken, WORDS } from '@facsimile/core'
import { createFacsimile } from '@facsimile/express'
import { createMetrics, type MetricsSettings } from '@facsimile/express/metrics'
import { Counter, Registry } from 'prom-client'
import { eventually } from '../support/eventually.js'
import { ask } from './support/http-client.js'
import { createSpyProvider } from './support/spy-provider.js'
import { afterwards, createFolder, listen, startSite } from './support/site.js'

/** Metrics in a register of their own, closed after the test. */
function startMetrics(settings: MetricsSettings = {}) {
  const register = new Registry()
  const metrics = createMetrics({ register, ...settings })
  afterwards(() => metrics.close())
  return { metrics, register }
}

/** All lines with a value, as `name{labels}` and the number. */
async function linesOf(register: Registry): Promise<Map<string, number>> {
  const lines = (await register.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

/** Those that are not 0, without the buckets and sums of what differs from run to run. */
async function countsOf(register: Registry): Promise<Record<string, number>> {
  const lines = [...(await linesOf(register))]
  return Object.fromEntries(lines.filter(([name, value]) => value !== 0 && !/_bucket|_sum|settings/.test(name)))
}

const refusalOf = (settings: unknown): string => {
  try {
    createMetrics(settings as MetricsSettings).close()
    return 'none'
  } catch (error) {
    return String(error)
  }
}

describe('the metrics', () => {
  test('have a line at 0 for every word from the start, so that an alert can wait for it', async () => {
    const { register } = startMetrics()
    const lines = await linesOf(register)
    for (const [kind, pattern] of [
      ['passed over', 'facsimile_responses_total{outcome="skipped",reason="?"}'],
      ['not stored', 'facsimile_pages_lost_total{reason="?"}'],
      ['missed', 'facsimile_fetches_total{result="missed",reason="?"}'],
      ['refused', 'facsimile_fetches_total{result="denied",reason="?"}'],
      ['unreadable', 'facsimile_pages_unreadable_total{reason="?"}'],
    ] as const) {
      for (const word of Object.keys(WORDS[kind]))
        expect([word, lines.get(pattern.replace('?', word))]).toEqual([word, 0])
    }
    expect([...lines].filter(([, value]) => value !== 0)).toEqual([
      ['facsimile_settings_version', 1],
      ['facsimile_settings_last_reload_successful', 1],
    ])
  })

  test('count what happens to the pages of every Facsimile of the process', async () => {
    const { register } = startMetrics()
    const site = await startSite({ exclude: ['/private/**'] })
    const cacheProvider = createSpyProvider({ pull: () => Promise.reject(new Error('down')) })
    const other = await startSite({ cacheProvider, maxPageBytes: 10 })
    const page = await site.visit()
    await site.visit('/private/x')
    await site.visit('/', { headers: { cookie: 'WRUID=0' } })
    for (const source of [page, page, 'x']) await site.crawl(source)
    await site.crawl(page, { from: '127.0.0.2' })
    await other.visit()
    await other.crawl(createPageToken())
    await eventually(
      'the last page is lost',
      async () => 'facsimile_pages_lost_total{reason="too-large"}' in (await countsOf(register)),
    )
    expect(await countsOf(register)).toEqual({
      'facsimile_responses_total{outcome="injected",reason="none"}': 2,
      'facsimile_responses_total{outcome="skipped",reason="cookie"}': 1,
      'facsimile_responses_total{outcome="skipped",reason="excluded"}': 1,
      'facsimile_pages_stored_total{provider="memory"}': 1,
      'facsimile_pages_lost_total{reason="too-large"}': 1,
      'facsimile_fetches_total{result="fetched",reason="none"}': 1,
      'facsimile_fetches_total{result="missed",reason="taken"}': 1,
      'facsimile_fetches_total{result="missed",reason="malformed"}': 1,
      'facsimile_fetches_total{result="denied",reason="not-listed"}': 1,
      'facsimile_fetches_total{result="unavailable",reason="none"}': 1,
      facsimile_store_duration_seconds_count: 1,
      facsimile_page_bytes_count: 1,
      facsimile_fetch_age_seconds_count: 1,
    })
  })

  test('follow the settings file', async () => {
    const { register } = startMetrics()
    const folder = await createFolder()
    const settingsFile = join(folder, 'facsimile.config.json')
    await writeFile(settingsFile, '{"snippets":[]}')
    const facsimile = createFacsimile({ settingsFile })
    afterwards(() => facsimile.close())
    const state = async () => {
      const lines = await linesOf(register)
      return ['version', 'last_reload_successful', 'reload_failures_total'].map((name) =>
        lines.get(`facsimile_settings_${name}`),
      )
    }
    await writeFile(settingsFile, '{')
    await facsimile.reload().catch(() => undefined)
    expect(await state()).toEqual([1, 0, expect.any(Number)])
    await writeFile(settingsFile, '{"sampleRatio":0.5}')
    await facsimile.reload()
    expect(await state()).toEqual([2, 1, expect.any(Number)])
  })

  test('are as many as at the start, whatever is published', async () => {
    const { register } = startMetrics()
    const before = [...(await linesOf(register)).keys()]
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    for (let time = 0; time < 200; time++) {
      const reason = `</script>\n"} 1\n${time}`
      const junk = {
        reason,
        provider: reason,
        directive: reason,
        snippet: reason,
        path: reason,
        bytes: 1,
        durationMs: 1,
      }
      for (const name of ['skipped', 'lost', 'missed', 'denied', 'unreadable', 'stored', 'blocked'])
        channel(`facsimile:${name}`).publish(junk)
    }
    channel('facsimile:skipped').publish(undefined)
    channel('facsimile:fetched').publish({ ageMs: 'old' })
    expect([...(await linesOf(register)).keys()]).toEqual(before)
    expect(await countsOf(register)).toMatchObject({
      'facsimile_responses_total{outcome="skipped",reason="other"}': 200,
      'facsimile_pages_lost_total{reason="other"}': 200,
      'facsimile_pages_stored_total{provider="other"}': 200,
      'facsimile_fetches_total{result="denied",reason="other"}': 200,
      'facsimile_snippets_blocked_total{directive="other"}': 200,
    })
    expect(warn.mock.calls.map(([, options]) => options)).toEqual([{ code: 'FACSIMILE_OBSERVATION' }])
    warn.mockRestore()
  })

  test('end with close, and can then be made anew', async () => {
    const { metrics, register } = startMetrics()
    expect(refusalOf({ register })).toMatch(/has a metric facsimile_responses_total already: call createMetrics once/)
    metrics.close()
    expect(await linesOf(register)).toEqual(new Map())
    expect(channel('facsimile:stored').hasSubscribers).toBe(false)
    const renamed = createMetrics({ register, prefix: 'shop_pages_' })
    afterwards(() => renamed.close())
    await (await startSite()).visit()
    expect(await countsOf(register)).toMatchObject({
      'shop_pages_responses_total{outcome="injected",reason="none"}': 1,
    })
  })

  test('are refused with the key, the value and the remedy', () => {
    expect(refusalOf({ prefix: '9"x' })).toMatch(/SETTINGS_INVALID|`prefix` is "9\\"x": write up to 64 letters/)
    expect(refusalOf({ register: {} })).toMatch(/`register` is \{\}: give a Registry of prom-client/)
    expect(refusalOf(null)).toMatch(/the argument is null: give an object/)
    expect(refusalOf({ registry: new Registry() })).toMatch(/`registry` is no setting: there are register and prefix/)
  })
})

describe('the handler', () => {
  test('answers GET and HEAD with all of the register, and nothing else', async () => {
    const { metrics, register } = startMetrics()
    new Counter({ name: 'orders_total', help: 'Orders.', registers: [register] }).inc(3)
    const { port } = await listen(metrics.handler)
    const reply = await ask(port, '/metrics')
    expect(reply).toMatchObject({
      status: 200,
      headers: {
        'content-type': register.contentType,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    })
    expect(reply.text).toContain('orders_total 3\n')
    expect(reply.text).toContain('facsimile_pages_expired_unfetched_total 0\n')
    expect(await ask(port, '/metrics', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
    expect(await ask(port, '/metrics', { method: 'POST' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    })
  })

  test('writes OpenMetrics where the register does', async () => {
    const register = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>()
    register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    const metrics = createMetrics({ register })
    afterwards(() => metrics.close())
    const reply = await ask((await listen(metrics.handler)).port, '/')
    expect(reply.headers['content-type']).toBe(Registry.OPENMETRICS_CONTENT_TYPE)
    expect(reply.text).toMatch(/^facsimile_pages_lost_total\{reason="paused"\} 0$[^]*# EOF\n$/m)
  })

  test('answers 503, and tells nothing, when a metric of somebody else fails', async () => {
    const { metrics, register } = startMetrics()
    const collect = () => Promise.reject(new Error('password=secret'))
    new Counter({ name: 'orders_total', help: 'Orders.', registers: [register], collect })
    const reply = await ask((await listen(metrics.handler)).port, '/')
    expect([reply.status, reply.text]).toEqual([503, 'The metrics cannot be collected at this moment.\n'])
  })
})

test('without prom-client or the API of OpenTelemetry, the error names the package', async () => {
  // The built packages, where no other ones are to be found.
  const folder = await createFolder()
  const packages = join(import.meta.dirname, '../../packages')
  const dependencies = join(import.meta.dirname, '../../node_modules')
  for (const name of ['core', 'express']) {
    for (const part of ['package.json', 'dist'])
      await cp(join(packages, name, part), join(folder, 'node_modules/@facsimile', name, part), { recursive: true })
  }
  for (const name of ['cockatiel', 'ipaddr.js', 'lru-cache', 'saxes', 'xmlchars', 'zod'])
    await symlink(join(dependencies, name), join(folder, 'node_modules', name))
  await writeFile(
    join(folder, 'use.mjs'),
    `import { createMetrics } from '@facsimile/express/metrics'
    import { createTelemetry } from '@facsimile/express/telemetry'
    for (const create of [createMetrics, createTelemetry]) try { create() } catch (error) { console.log(error.code, error.message) }`,
  )
  const { stdout } = await promisify(execFile)(process.execPath, ['use.mjs'], { cwd: folder, timeout: 20_000 })
  expect(stdout.split('\n')).toEqual([
    'PACKAGE_MISSING @facsimile/express/metrics needs the package prom-client, which could not be loaded: run npm install prom-client.',
    'PACKAGE_MISSING @facsimile/express/telemetry needs the package @opentelemetry/api, which could not be loaded: run npm install @opentelemetry/api.',
    '',
  ])
})

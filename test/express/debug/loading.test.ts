// What the debug page needs is loaded when it is first asked for, and what is in force then decides.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { createAddressGuard, createEventSource, createSafeLogger, resolveSettings } from '@facsimile/core'
import { createDebugPage } from '../../../packages/express/src/debug/debug-page.js'
import { createGeneration } from '../../../packages/express/src/generation.js'
import type { SettingsState } from '../../../packages/express/src/live-settings.js'
import { createPageStores } from '../../../packages/express/src/page-stores.js'
import { createWatches } from '../../../packages/express/src/watches.js'
import { ask } from '../support/http-client.js'
import { afterwards, listen } from '../support/site.js'
import { DEBUG } from './debug-site.js'

/** Tells the modules that it loads, and in between what it is about to do. */
const VISITED_THEN_ASKED = `
  import { createServer } from 'node:http'
  import { register } from 'node:module'
  const hooks = \`
    import { writeSync } from 'node:fs'
    export function load(url, context, next) {
      writeSync(1, 'loads ' + url + '\\\\n')
      return next(url, context)
    }\`
  register('data:text/javascript,' + encodeURIComponent(hooks))
  const { createFacsimile } = await import('@facsimile/express')
  const { middleware, close } = createFacsimile({
    allowDebug: true,
    allowedAddresses: ['127.0.0.1'],
    snippets: [{ name: 'note', placement: 'head-end', html: '<script>1</script>' }],
  })
  const server = createServer((req, res) => {
    middleware(req, res, () => res.setHeader('Content-Type', 'text/html').end('<head></head>'))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = 'http://127.0.0.1:' + server.address().port
  const page = await (await fetch(origin, { headers: { Accept: 'text/html' } })).text()
  console.log('visited ' + page)
  console.log('asked ' + (await fetch(origin + '${DEBUG}')).status)
  server.close()
  server.closeAllConnections()
  await close()
`

test('a site whose debug page nobody asks for has loaded next to nothing of it', async () => {
  const child = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', VISITED_THEN_ASKED], {
    timeout: 30_000,
  })
  const [before = '', after = ''] = child.stdout.split('visited <head><script>1</script></head>')
  const loaded = (text: string) =>
    [...text.matchAll(/^loads .*\/express\/dist\/debug\/(.*)$/gm)].map(([, name]) => name)
  expect(loaded(before).toSorted()).toEqual(['debug-page.js', 'event-log.js', 'own-fetches.js', 'routes.js'])
  expect(loaded(after)).toContain('desk.js')
  expect(after).toContain('asked 200')
})

/** A debug page on its own, that is on. */
function openDebugPage(state: () => SettingsState) {
  const parts = { logger: createSafeLogger(undefined), events: createEventSource(), watches: createWatches() }
  const stores = createPageStores(parts.logger, parts.events)
  afterwards(() => stores.close())
  const common = { ...parts, stores, now: Date.now }
  const settings = resolveSettings({ allowDebug: true, allowedAddresses: ['127.0.0.1'] })
  const guard = createAddressGuard({ ...settings.clientAddress, allowedAddresses: settings.allowedAddresses })
  const generation = createGeneration(settings, { ...common, owner: stores, random: Math.random })
  const debug = createDebugPage({ ...common, current: () => generation, state })
  debug.use(settings, guard)
  return { debug, switchOff: () => debug.use({ ...settings, allowDebug: false }, guard) }
}

test('whoever has asked while it was being switched off gets nothing of it', async () => {
  const { debug, switchOff } = openDebugPage(() => ({ file: undefined, version: 1, since: 0, error: undefined }))
  let isSwitchedOff = false
  const { port } = await listen((req, res) => {
    debug.answer(req, res)
    if (isSwitchedOff) switchOff()
  })
  expect((await ask(port, `${DEBUG}/clock`)).status).toBe(200)
  isSwitchedOff = true
  const late = await ask(port, `${DEBUG}/clock`)
  expect(late).toMatchObject({ status: 404, text: 'The debug page has been switched off.\n' })
})

test('a fault of its own is told of in a sentence, and in the log alone more of it', async () => {
  const { debug } = openDebugPage(() => {
    throw new Error('s3cret')
  })
  const { port } = await listen((req, res) => {
    if (debug.answersTo(req.url ?? '')) debug.answer(req, res)
    else res.end()
  })
  const answer = await ask(port, DEBUG)
  expect(answer).toMatchObject({ status: 500, text: 'The debug page failed. The log of the server tells why.\n' })
  expect(answer.headers['cache-control']).toBe('no-store')
})

test('it does not look at itself, not even where it answers every path', async () => {
  const { debug } = openDebugPage(() => ({ file: undefined, version: 1, since: 0, error: undefined }))
  let requests = 0
  const { port } = await listen((req, res) => {
    requests += 1
    debug.answer(req, res)
  })
  const report = await ask(port, `${DEBUG}/status.json`)
  expect(report.status).toBe(200)
  expect(report.text).toContain('/ answered 508.')
  expect(requests).toBeLessThan(10)
})

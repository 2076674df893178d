// The debug page as people meet it: in each of its states, by day and by night, on a phone, by keyboard, with and without
// scripts. What it looks like is left in test-artefacts/.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { createFacsimile } from '@facsimile/express'
import type { Result } from 'axe-core'
import express from 'express'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { DEBUG, debugSiteAt, startDebugSite, type DebugSite } from '../express/debug/debug-site.js'
import { afterwards, createFolder, listen, PAGE, RECORDER, siteAt } from '../express/support/site.js'
import { createSpyProvider } from '../express/support/spy-provider.js'
import { openBrowser } from '../support/browser.js'
import { eventually } from '../support/eventually.js'

const TIMEOUT_MS = 120_000
const ARTEFACTS = join(import.meta.dirname, '..', '..', 'test-artefacts')
const WIDE = { width: 1100, height: 800 }
const PHONE = { width: 360, height: 740 }
/** All rules of axe, or those of colours: nothing else is another one in the other scheme. */
const ALL_RULES = "{ resultTypes: ['violations'] }"
const RULES_OF_COLOUR = "{ resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block'] }"
/** Both schemes at both widths; in this order each is one step away from the one before it. */
const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: WIDE, rules: ALL_RULES },
  { name: 'dark', colorScheme: 'dark', viewport: WIDE, rules: RULES_OF_COLOUR },
  { name: 'phone-dark', colorScheme: 'dark', viewport: PHONE, rules: ALL_RULES },
  { name: 'phone-light', colorScheme: 'light', viewport: PHONE, rules: RULES_OF_COLOUR },
] as const
/** WCAG 2.2, 1.4.10: as wide as a page of 1280 pixels at 400 %. */
const NARROWEST = { width: 320, height: 256 }

/** What the console of a browser complained of, and requests for anything that is not the site's. */
let complaints: string[] = []
afterEach(() => {
  const seen = complaints
  complaints = []
  expect(seen).toEqual([])
})

let axe: string
beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await mkdir(ARTEFACTS, { recursive: true })
})

/** A page of a browser of its own; whatever its console complains of fails the test. */
async function openDebug(site: DebugSite, path = '', options: BrowserContextOptions = {}): Promise<Page> {
  const context = await (await openBrowser()).newContext({ reducedMotion: 'reduce', viewport: WIDE, ...options })
  afterwards(() => context.close())
  const page = await context.newPage()
  const origin = `http://127.0.0.1:${site.port}/`
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => request.url().startsWith(origin) || complaints.push(request.url()))
  await page.goto(`${origin.slice(0, -1)}${DEBUG}${path}`)
  return page
}

const widthOf = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth')

/** Looks at the page as it is, in every scheme and size, and leaves a picture of each. */
async function inspect(page: Page, state: string): Promise<void> {
  await page.evaluate(axe)
  for (const { name, colorScheme, viewport, rules } of LOOKS) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize(viewport)
    expect({ look: name, violations: await violationsIn(page, rules) }).toEqual({ look: name, violations: [] })
    // Nothing sticks out on the right.
    expect(await widthOf(page)).toBeLessThanOrEqual(viewport.width)
    await page.screenshot({ path: join(ARTEFACTS, `debug-page-${state}-${name}.png`), fullPage: true })
  }
  await page.setViewportSize(NARROWEST)
  expect(await widthOf(page)).toBeLessThanOrEqual(NARROWEST.width)
}

async function violationsIn(page: Page, rules: string): Promise<readonly string[]> {
  const violations = await page.evaluate<Result[]>(`axe.run(${rules}).then(({ violations }) => violations)`)
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

const lead = (page: Page) => page.locator('.lead').innerText()

describe('the debug page', () => {
  test(
    'of a site in order says so, explains a page, and is at hand by keyboard',
    async () => {
      const site = await startDebugSite()
      for (let visits = 0; visits < 3; visits += 1) await site.crawl(await site.visit())
      const page = await openDebug(site, '?path=/account')
      expect(await lead(page)).toBe('Nothing is wrong, as far as can be seen from here.')
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
      expect((await page.locator('.skip').boundingBox())?.y).toBeGreaterThanOrEqual(0)
      await page.keyboard.press('Enter')
      expect(await page.evaluate('document.activeElement.id')).toBe('main')
      expect(await page.locator('#explain pre').innerText()).toContain('window.FetchFrom="/facsimile?t=')
      await inspect(page, 'healthy')
    },
    TIMEOUT_MS,
  )

  test(
    'of a site that nobody visited yet says what to do, and then is live',
    async () => {
      const site = await startDebugSite()
      const page = await openDebug(site)
      expect(await page.locator('#verdicts').innerText()).toContain('No page has been stored yet.')
      await page.waitForSelector('.live-status.is-live')
      await inspect(page, 'empty')
      await site.crawl(await site.visit())
      await page.waitForSelector('.events tbody tr:nth-child(2)')
      expect(await page.locator('#live-status').innerText()).toContain('Fetched')
      expect(await page.locator('.time-line rect').count()).toBe(2)
    },
    TIMEOUT_MS,
  )

  test(
    'is live where one event follows the other, and holds still for whoever reads',
    async () => {
      const site = await startDebugSite()
      const page = await openDebug(site)
      await page.waitForSelector('.live-status.is-live')
      const missed = async () => Number(await page.locator('#live tr:has-text("Missed") b').innerText())
      const busy = setInterval(() => void site.crawl('x'.repeat(32)), 50)
      afterwards(() => clearInterval(busy))
      await eventually('it is shown while it goes on', async () => (await missed()) > 0)
      await page.getByRole('button', { name: 'Pause' }).click()
      const held = await missed()
      const told = async () => (await site.report()).events.counts['missed'] ?? 0
      await eventually('more has happened', async () => (await told()) > held + 20)
      expect(await missed()).toBe(held)
      expect(await page.locator('#live-status').innerText()).toBe('Paused: what you see stays.')
      await page.getByRole('button', { name: 'Go on' }).click()
      await eventually('it is shown again', async () => (await missed()) > held + 20)
      await page.evaluate('document.getSelection().selectAllChildren(document.querySelector(".events"))')
      const marked = await missed()
      await eventually('more has happened', async () => (await told()) > marked + 20)
      expect(await missed()).toBeLessThan(marked + 20)
      await page.evaluate('document.getSelection().empty()')
      await eventually('it is shown again', async () => (await missed()) > marked + 20)
    },
    TIMEOUT_MS,
  )

  test(
    'goes on paper whole: dark on white, without what is pressed',
    async () => {
      const page = await openDebug(await startDebugSite(), '?path=/account')
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)')
      expect(await page.locator(':is(nav, form, button):visible').count()).toBe(0)
      expect(await page.locator('#verdicts .verdict:visible').count()).toBeGreaterThan(3)
    },
    TIMEOUT_MS,
  )

  test(
    'tries the round trip in the viewer’s own browser',
    async () => {
      const page = await openDebug(await startDebugSite())
      await page.getByRole('button', { name: 'Try the round trip' }).click()
      await page.waitForSelector('#round-trip-result li:nth-child(3)')
      const result = await page.locator('#round-trip-result').innerText()
      expect(result).toMatch(/Stored in [\d.]+ ms\..*Fetched in [\d.]+ ms, .*the answer is 404/s)
      expect(complaints.splice(0).join()).toMatch(/^Failed to load resource: .* 404/)
    },
    TIMEOUT_MS,
  )

  test(
    'works without scripts: opting out and in, and the round trip',
    async () => {
      const page = await openDebug(await startDebugSite(), '', { javaScriptEnabled: false })
      await page.getByRole('button', { name: 'Set WRUID to 0: not recorded' }).click()
      expect(await page.locator('#you').innerText()).toContain('Your browser sent WRUID=0.')
      expect(await lead(page)).toBe('1 warning, with its remedy.')
      await page.getByRole('button', { name: 'Set WRUID to 1: recorded' }).click()
      expect(await page.locator('#you').innerText()).toContain('Not opted out')
      await page.getByLabel('Path of a page').fill('account')
      await page.getByRole('button', { name: 'Explain' }).click()
      expect(await page.getByRole('alert').innerText()).toContain('starts with /')
      await page.getByRole('button', { name: 'Try the round trip' }).click()
      const text = await page.locator('main b').innerText()
      await page.getByRole('link', { name: 'the fetch URL' }).click()
      expect(await page.locator('h1').innerText()).toBe(text)
    },
    TIMEOUT_MS,
  )

  test(
    'for one who opted out names the cookie and the remedy',
    async () => {
      const page = await openDebug(await startDebugSite())
      await page.getByRole('button', { name: 'Set WRUID to 0: not recorded' }).click()
      await page.waitForSelector('[data-word="cookie"]')
      await inspect(page, 'opted-out')
    },
    TIMEOUT_MS,
  )

  test(
    'with a store that is down shows it before all else',
    async () => {
      const fail = () => Promise.reject(new Error('the store is down'))
      const sentence = 'The store cannot be reached: nothing accepts connections at 127.0.0.1:6379.'
      const overrides = { store: fail, pull: fail, peek: fail, check: () => Promise.resolve([sentence]) }
      const site = await startDebugSite({ settings: { cacheProvider: createSpyProvider(overrides) } })
      await site.visit()
      await eventually('the page is lost', async () => (await site.report()).events.counts['lost'] === 1)
      const page = await openDebug(site)
      expect(await page.locator('#verdicts .is-fault .detail').allInnerTexts()).toContain(sentence)
      await inspect(page, 'store-down')
    },
    TIMEOUT_MS,
  )

  test(
    'tells of a crawler that is refused, and refuses strangers in words',
    async () => {
      const site = await startDebugSite({ settings: { allowedAddresses: ['127.0.0.1'] } })
      await site.crawl(await site.visit(), { from: '127.0.0.3' })
      const page = await openDebug(site)
      expect(await page.locator('[data-word="crawler-denied"]').innerText()).toContain('127.0.0.3 (not-listed)')
      await inspect(page, 'crawler-denied')

      const closed = await startDebugSite({ settings: { allowedAddresses: ['192.0.2.1'] } })
      const stranger = await openDebug(closed)
      expect(await stranger.locator('main').innerText()).toMatch(/Refused \(not-listed\): .* names the address\.$/)
      expect(complaints.splice(0).join()).toMatch(/^Failed to load resource: .* 403/)
      await inspect(stranger, 'denied')
    },
    TIMEOUT_MS,
  )

  test(
    'with a settings file that cannot be used says what is wrong in it',
    async () => {
      const file = join(await createFolder(), 'facsimile.config.json')
      const good = { snippets: [RECORDER], allowedAddresses: ['127.0.0.1'], allowDebug: true }
      await writeFile(file, JSON.stringify(good))
      const facsimile = createFacsimile({ settingsFile: file })
      afterwards(() => facsimile.close(100))
      const app = express().use(facsimile.middleware)
      app.get('/', (_req, res) => void res.send(PAGE))
      const site = debugSiteAt(siteAt((await listen(app)).port, facsimile))
      await writeFile(`${file}.new`, JSON.stringify({ ...good, maxCachedSecond: 60 }))
      await rename(`${file}.new`, file)
      await facsimile.reload().catch(() => undefined)
      const page = await openDebug(site)
      const verdict = page.locator('[data-word="settings-not-reloaded"]')
      expect(await verdict.innerText()).toContain('did you mean maxCachedSeconds?')
      await inspect(page, 'reload-error')
    },
    TIMEOUT_MS,
  )

  test(
    'compares its clock with the browser’s',
    async () => {
      const behind = await startDebugSite({ internals: { now: () => Date.now() - 3_600_000 } })
      const page = await openDebug(behind)
      await page.waitForSelector('#clock-wrong:not([hidden])')
      expect(await page.locator('#clock-wrong .detail').innerText()).toMatch(
        /^The server's clock is 3,[56]\d\d s behind/,
      )
      const right = await openDebug(await startDebugSite())
      await right.waitForSelector('.live-status.is-live')
      expect(await right.locator('#clock-wrong').isVisible()).toBe(false)
    },
    TIMEOUT_MS,
  )
})

// Sites for the tests: a real server on a free port with one Facsimile in it, taken down after each test.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from '@jest/globals'
import { createFacsimile, type Facsimile, type FacsimileInternals, type FacsimileSettings } from '@facsimile/express'
import express, { type Express } from 'express'
import { ask, type AskOptions, type Reply } from './http-client.js'

export const PAGE = '<!doctype html><html><head><title>Shop</title></head><body><p>Tea</p></body></html>'

/** A snippet as a tracking service gives it: it tells its crawler where to fetch the page. */
export const RECORDER = {
  name: 'recorder',
  placement: 'body-end',
  html: '<script>window.FetchFrom=%FetchUrl%</script>',
} as const

export interface Site {
  readonly port: number
  readonly facsimile: Facsimile
  /** A visitor's request. */
  visit(path?: string, options?: AskOptions): Promise<Reply>
  /** The crawler's request for the page that `source` leads to: a page, or a token. */
  crawl(source: Reply | string, options?: AskOptions): Promise<Reply>
}

const toTakeDown: (() => unknown)[] = []

afterEach(async () => {
  for (const takeDown of toTakeDown.splice(0).reverse()) await takeDown()
})

/** Has `action` called after the test, the last one first. */
export function afterwards(action: () => unknown): void {
  toTakeDown.push(action)
}

/** A new empty folder. */
export async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'facsimile-test-'))
  afterwards(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Listens on a free port of this machine. */
export async function listen(listener: RequestListener): Promise<{ port: number; server: Server }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterwards(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  )
  return { port: (server.address() as AddressInfo).port, server }
}

/** A Facsimile whose crawler is this machine, closed after the test. */
export function createTestFacsimile(settings: FacsimileSettings = {}, internals?: FacsimileInternals): Facsimile {
  const facsimile = createFacsimile({ snippets: [RECORDER], allowedAddresses: ['127.0.0.1'], ...settings }, internals)
  afterwards(() => facsimile.close(100))
  return facsimile
}

/** An Express site with the middleware mounted first; `build` adds the routes. */
export async function startSite(
  settings: FacsimileSettings = {},
  build: (app: Express, facsimile: Facsimile) => void = servePage,
  internals?: FacsimileInternals,
): Promise<Site> {
  const facsimile = createTestFacsimile(settings, internals)
  const app = express()
  app.use(facsimile.middleware)
  build(app, facsimile)
  const { port } = await listen(app)
  return siteAt(port, facsimile)
}

export function siteAt(port: number, facsimile: Facsimile): Site {
  return {
    port,
    facsimile,
    visit: (path = '/', options) => ask(port, path, options),
    crawl: (source, options) =>
      ask(port, `/facsimile?t=${typeof source === 'string' ? source : tokenIn(source)}`, options),
  }
}

function servePage(app: Express): void {
  app.get(/.*/, (_req, res) => void res.send(PAGE))
}

/** The URL that a page gives to the crawler, out of the script's string literal. */
export function fetchUrlIn(page: Reply): string {
  const literal = /FetchFrom=("(?:[^"\\]|\\.)*")/.exec(page.text)?.[1]
  if (literal === undefined) throw new Error(`no fetch URL in ${page.text}`)
  return JSON.parse(literal) as string
}

export function tokenIn(page: Reply): string {
  const token = /[?&]t=([A-Za-z0-9_-]{32})/.exec(fetchUrlIn(page))?.[1]
  if (token === undefined) throw new Error(`no token in ${page.text}`)
  return token
}

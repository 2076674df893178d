// Servers for the rules of the response filter: the same application bare and behind a Facsimile, on free ports.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from '@jest/globals'
import { createFacsimile, type Facsimile, type FacsimileSettings, type Middleware } from '@facsimile/express'
import connect from 'connect'
import express from 'express'
import express4 from 'express4'

/** Each way to mount a middleware before a handler. */
export const STACKS = {
  'Express 5': mountInExpress(express),
  'Express 4': mountInExpress(express4),
  Connect: (middlewares: readonly Middleware[], handler: RequestListener): RequestListener => {
    const app = connect()
    for (const middleware of middlewares) app.use(middleware as connect.NextHandleFunction)
    return app.use(handler)
  },
  'node:http': (middlewares: readonly Middleware[], handler: RequestListener): RequestListener => {
    return (req, res) => {
      const run = (at: number): void => {
        const middleware = middlewares[at]
        if (middleware === undefined) handler(req, res)
        else middleware(req, res, () => run(at + 1))
      }
      run(0)
    }
  },
} as const

export type StackName = keyof typeof STACKS

function mountInExpress(createApp: typeof express) {
  return (middlewares: readonly Middleware[], handler: RequestListener): RequestListener => {
    const app = createApp()
    // An error page without a stack trace, and nothing on the console.
    app.set('env', 'test')
    for (const middleware of middlewares) app.use(middleware)
    return app.use(handler)
  }
}

export const HEAD_SNIPPET = '<script>h=1</script>'
export const BODY_SNIPPET = '<script>b=1</script>'

/** Two snippets without a token. */
export const SNIPPETS = [
  { name: 'head', placement: 'head-end', html: HEAD_SNIPPET },
  { name: 'body', placement: 'body-end', html: BODY_SNIPPET },
] as const satisfies FacsimileSettings['snippets']

/** A page as text, and as it must be with SNIPPETS in it. */
export const PAGE = '<!doctype html><html><head><title>Shop</title></head><body><p>Tea</p></body></html>'
export const PAGE_WITH_SNIPPETS = withSnippets(PAGE)

/** The text with SNIPPETS before its `</head>` and its last `</body>`. */
export function withSnippets(page: string): string {
  const at = page.lastIndexOf('</body>')
  return `${page.slice(0, at)}${BODY_SNIPPET}${page.slice(at)}`.replace('</head>', `${HEAD_SNIPPET}</head>`)
}

const toTakeDown: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const takeDown of toTakeDown.splice(0).reverse()) await takeDown()
})

/** Listens on a free port until the end of the test. */
export function serve(listener: RequestListener): Promise<{ readonly port: number; readonly server: Server }> {
  return listenUntilTheEnd(createServer(listener))
}

/** The same for a server that is made already. */
export async function listenUntilTheEnd(server: Server): Promise<{ readonly port: number; readonly server: Server }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  toTakeDown.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port, server }
}

/** A Facsimile with SNIPPETS that is closed after the test; it stores nothing unless the settings say so. */
export function createTestFacsimile(settings: FacsimileSettings = {}): Facsimile {
  const facsimile = createFacsimile({ snippets: [...SNIPPETS], disableCache: true, ...settings })
  toTakeDown.push(() => facsimile.close())
  return facsimile
}

export interface SiteOptions {
  readonly stack?: StackName
  readonly settings?: FacsimileSettings
  readonly facsimile?: Facsimile
  /** Mounted further out than the filter. */
  readonly outside?: readonly Middleware[]
  /** Mounted between the filter and the handler. */
  readonly inside?: readonly Middleware[]
}

/** Serves `handler` behind a filter. */
export async function serveFiltered(handler: RequestListener, options: SiteOptions = {}) {
  const { stack = 'node:http', settings, outside = [], inside = [] } = options
  const facsimile = options.facsimile ?? createTestFacsimile(settings)
  const listener = STACKS[stack]([...outside, facsimile.middleware, ...inside], handler)
  return { ...(await serve(listener)), facsimile }
}

/** Serves `handler` twice: as it is, and behind a filter. */
export async function servePair(handler: RequestListener, options: SiteOptions = {}) {
  const { stack = 'node:http', outside = [], inside = [] } = options
  const bare = await serve(STACKS[stack]([...outside, ...inside], handler))
  return { bare, filtered: await serveFiltered(handler, options) }
}

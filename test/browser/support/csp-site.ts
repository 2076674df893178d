// A page with one snippet of each kind that a Content-Security-Policy may forbid, and what of them runs in a browser.
import { createHash } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { RequestListener } from 'node:http'
import type { FacsimileEvents } from '@facsimile/core'
import type { FacsimileSettings } from '@facsimile/express'
import type { Page } from 'playwright-core'
import { openBrowser } from '../../support/browser.js'
import { eventually } from '../../support/eventually.js'
import { serve, serveFiltered } from '../../support/filtered-site.js'

type Snippets = NonNullable<FacsimileSettings['snippets']>

/** The header or headers of one policy case; `{host}` and `{other}` stand for the two servers. */
export interface Policies {
  readonly enforced?: string | readonly string[]
  readonly reported?: string
}

/** What a browser made of one page. */
export interface Outcome {
  /** The names of the snippets that did something, sorted. */
  readonly ran: readonly string[]
  /** What was blocked, and what was only reported: by directive and what it was about. */
  readonly blocked: readonly string[]
  readonly reported: readonly string[]
}

const MARK = "ran.push('sri')"
const INTEGRITY = `sha384-${createHash('sha384').update(MARK).digest('base64')}`
const INLINE = "ran.push('inline')"

/** The hash by which a policy may list the inline snippet. */
export const INLINE_HASH = `'sha256-${createHash('sha256').update(INLINE).digest('base64')}'`
export const SRI_HASH = `'${INTEGRITY}'`

/** The snippets by their names. */
function snippetsFor(other: string): Snippets {
  const html = {
    inline: `<script>${INLINE}</script>`,
    lines: "<script>\r\nran.push(\r'lines'\n)//é\r\n</script>",
    module: "<script type=module>ran.push('module')</script>",
    own: '<script src="/mark.js?own"></script>',
    foreign: `<script src="${other}/mark.js?foreign"></script>`,
    sri: `<script src="${other}/sri.js" crossorigin integrity="${INTEGRITY}"></script>`,
    handler: `<b id=handler onclick="ran.push('handler')"></b>`,
    url: `<a id=url href="javascript:void ran.push('url')"></a>`,
    style: '<style>#p1{color:rgb(1,2,3)}</style>',
    sheet: '<link rel=stylesheet href="/mark.css">',
    attribute: '<i id=p3 style="color:rgb(1,2,3)"></i>',
    data: '<script type="application/json">{"ran":false}</script><p>text</p>',
  }
  return Object.entries(html).map(([name, text]) => ({ name, html: text, placement: 'body-end' }))
}

export const NAMES = [
  ...['attribute', 'foreign', 'handler', 'inline', 'lines', 'module', 'own', 'sheet', 'sri', 'style', 'url'],
] as const

const PAGE = '<!doctype html><title>Tea</title><body><p id=p1></p><p id=p2></p>'

function servePage(policies: () => Policies, page: () => string): RequestListener {
  return (req, res) => {
    if (req.url !== '/') {
      serveMark(req, res)
      return
    }
    const { enforced, reported } = policies()
    if (enforced !== undefined) res.setHeader('Content-Security-Policy', enforced)
    if (reported !== undefined) res.setHeader('Content-Security-Policy-Report-Only', reported)
    res.setHeader('Content-Type', 'text/html; charset=utf-8').end(page())
  }
}

const serveMark: RequestListener = (req, res) => {
  res.setHeader('Access-Control-Allow-Origin', '*')
  const [path = '', name = ''] = req.url?.split('?') ?? []
  if (path === '/mark.css') res.setHeader('Content-Type', 'text/css').end('#p2{color:rgb(1,2,3)}')
  else res.setHeader('Content-Type', 'text/javascript').end(path === '/sri.js' ? MARK : `ran.push('${name}')`)
}

/** Serves the page and its snippets through the filter, or inserts them `by` a function of the test's own. */
export async function visitWithPolicies(
  policies: Policies,
  how: { readonly csp: 'nonce' | 'hash' } | { readonly by: (html: string) => string },
): Promise<Outcome & { readonly leftOut: readonly string[] }> {
  const { port: otherPort } = await serve(serveMark)
  const other = `http://127.0.0.1:${otherPort}`
  const snippets = snippetsFor(other)
  let host = ''
  const fill = (text: string) => text.replaceAll('{host}', host).replaceAll('{other}', other)
  const filled = (): Policies => ({
    ...(policies.enforced === undefined
      ? {}
      : { enforced: typeof policies.enforced === 'string' ? fill(policies.enforced) : policies.enforced.map(fill) }),
    ...(policies.reported === undefined ? {} : { reported: fill(policies.reported) }),
  })
  const inserted = 'by' in how ? how.by(snippets.map(({ html }) => html).join('')) : ''
  const handler = servePage(filled, () => PAGE + inserted)
  const { port } = 'by' in how ? await serve(handler) : await serveFiltered(handler, { settings: { snippets, ...how } })
  host = `127.0.0.1:${port}`
  const leftOut: string[] = []
  const onBlocked = (message: unknown) => void leftOut.push((message as FacsimileEvents['facsimile:blocked']).snippet)
  subscribe('facsimile:blocked', onBlocked)
  try {
    return { ...(await look(`http://${host}/`)), leftOut: leftOut.sort() }
  } finally {
    unsubscribe('facsimile:blocked', onBlocked)
  }
}

interface Findings {
  readonly ran: string[]
  readonly violations: readonly { readonly disposition: string; readonly what: string }[]
}

/** Runs in the page before anything else, whatever its policies. */
const WATCH = `
  window.ran = []
  window.violations = []
  addEventListener('securitypolicyviolation', (event) => violations.push({
    disposition: event.disposition,
    what: event.effectiveDirective + ' ' + event.blockedURI + ' ' + event.sample,
  }))`

const CLICK = `
  document.getElementById('handler')?.click()
  window.clickedAt = violations.length
  document.getElementById('url')?.click()`

/** Whether the click on a javascript: URL has come to something; without scripts it comes to nothing. */
const IS_SETTLED = `
  document.getElementById('url') === null || origin === 'null' || ran.includes('url') ||
  violations.slice(clickedAt).some(({ disposition }) => disposition === 'enforce')`

const FINDINGS = `(() => {
  const isMarked = (id) => getComputedStyle(document.getElementById(id) ?? document.body).color === 'rgb(1, 2, 3)'
  const marked = Object.entries({ p1: 'style', p2: 'sheet', p3: 'attribute' }).filter(([id]) => isMarked(id))
  return { ran: [...ran, ...marked.map(([, name]) => name)], violations }
})()`

let opened: Promise<Page> | undefined

async function openPage(): Promise<Page> {
  const page = await (await openBrowser()).newPage()
  await page.addInitScript(WATCH)
  return page
}

async function look(url: string): Promise<Outcome> {
  const page = await (opened ??= openPage())
  await page.goto(url)
  await page.evaluate(CLICK)
  await eventually('what a click comes to', () => page.evaluate<boolean>(IS_SETTLED))
  const { ran, violations } = await page.evaluate<Findings>(FINDINGS)
  const withDisposition = (wanted: string) =>
    violations.filter(({ disposition }) => disposition === wanted).map(({ what }) => what)
  return { ran: ran.sort(), blocked: withDisposition('enforce'), reported: withDisposition('report') }
}

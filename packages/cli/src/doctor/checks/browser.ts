// What a real browser made of the page: whether each inserted script ran, and whether the copy is this very view.
import { comparePages, maskPageToken } from '@facsimile/core'
import { statusOf } from '../../crawl/fetcher-probe.js'
import { showUrl } from '../../crawl/shown-url.js'
import { count, printable } from '../../terminal.js'
import { finding, resultsOf, type Check, type CheckResult } from '../check-result.js'
import type { BrowserView } from '../browser-visit.js'
import { copyOf, type Expectations } from '../observations.js'
import { scriptsIn, snippetPattern } from '../snippet-pattern.js'

const MAX_SHOWN_CHARS = 60
/** Types of scripts that are data to a browser. */
const RUNS = /^(?:|module|(?:text|application)\/(?:x-)?(?:java|ecma)script)$/i

export const checkBrowser: Check = ({ browser }, expected) => {
  const { ok, notChecked, warn, fail } = resultsOf('browser')
  if (browser === undefined) return [notChecked('no browser was asked for; see --browser')]
  if ('problem' in browser) return [fail(browser.problem, finding('page-failing'))]
  const { violations, status, isLoaded, wentTo } = browser
  const said = [
    `opened in Chromium: ${status}`,
    ...(isLoaded ? [] : ['it did not finish loading']),
    ...(wentTo === undefined ? [] : [`kept from going on to ${showUrl(wentTo)}`]),
  ].join(', ')
  const word = violations.some(isOfScript) ? 'script-blocked' : 'policy-violated'
  const opened =
    violations.length === 0
      ? ok(`${said}, no violation of its policy`)
      : warn(`${said}; ${describeViolations(browser)}`, finding(word))
  return [opened, ...checkScripts(browser, expected), checkCopy(browser)]
}

function isOfScript({ directive }: BrowserView['violations'][number]): boolean {
  return directive.startsWith('script-src') || directive === 'default-src'
}

function describeViolations({ violations }: BrowserView): string {
  const shown = violations.slice(0, 3).map(({ directive, blocked }) => `${directive} refuses ${showBlocked(blocked)}`)
  const rest = violations.length - shown.length
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

/** `inline`, `eval` and the like, or a URL. */
function showBlocked(blocked: string): string {
  return /^https?:/.test(blocked) && URL.canParse(blocked) ? showUrl(new URL(blocked)) : printable(blocked)
}

function checkScripts(view: BrowserView, expected: Expectations): readonly CheckResult[] {
  const { ok, notChecked } = resultsOf('browser scripts')
  const pieces = insertedIn(view, expected)
  if (pieces === undefined) return [notChecked('what was inserted is not known; give --config')]
  const scripts = pieces.flatMap(scriptsIn).flatMap((html) => readScript(html, view) ?? [])
  if (scripts.length === 0) return [notChecked('nothing that was inserted is a script')]
  const problems = scripts.flatMap((script) => problemWith(script, view) ?? [])
  return problems.length > 0 ? problems : [ok(`${scripts.length} of ${scripts.length} inserted scripts ran`)]
}

interface InsertedScript {
  readonly shown: string
  /** Where it is loaded from, or what stands between its tags. */
  readonly src: string | undefined
  readonly source: string
}

function problemWith({ shown, src, source }: InsertedScript, view: BrowserView): CheckResult | undefined {
  const { notChecked, fail } = resultsOf('browser scripts')
  const isIt = (script: { readonly url: string; readonly source: string }) =>
    src === undefined ? script.source === source : script.url === src
  const found = view.scripts.filter(isIt)
  const error = found.flatMap(({ errors }) => errors)[0]
  if (error !== undefined)
    return fail(`${shown} failed: ${printable(maskTokens(error, view))}`, finding('script-silent'))
  if (found.some(({ hasRun }) => hasRun)) return undefined
  if (view.wentTo !== undefined && !view.isLoaded)
    return notChecked(`${shown} was not reached: the page went on to ${showUrl(view.wentTo)} before`)
  const blocker = view.violations.find(({ directive, blocked }) =>
    src === undefined ? blocked === 'inline' && directive.startsWith('script-src') : blocked === src,
  )
  if (blocker !== undefined) return fail(`${shown} was refused by ${blocker.directive}`, finding('script-blocked'))
  return fail(`${shown} did not run`, finding('script-silent'))
}

/** The texts of what was inserted, decoded. */
function insertedIn(view: BrowserView, { settings }: Expectations): readonly string[] | undefined {
  const copy = copyOf(view.fetches)
  const difference = copy === undefined ? undefined : comparePages(copy.body, view.body)
  const decode = decoderFor(view)
  if (difference?.kind === 'insertions')
    return difference.pieces.map(({ offset, length }) => decode(view.body.subarray(offset, offset + length)))
  if (settings === undefined) return undefined
  const page = view.body.toString('latin1')
  return settings.snippets
    .flatMap(({ html }) => page.match(snippetPattern(html)) ?? [])
    .map((text) => decode(Buffer.from(text, 'latin1')))
}

function decoderFor({ contentType }: BrowserView): (bytes: Buffer) => string {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1] ?? 'utf-8'
  const decoder = new TextDecoder(charset)
  return (bytes) => decoder.decode(bytes)
}

/** `undefined` for what a browser does not run. */
function readScript(html: string, view: BrowserView): InsertedScript | undefined {
  const [, attributes = '', content = ''] = /^<script\b([^>]*)>([^]*?)<\/script\s*>$/i.exec(html) ?? []
  const valueOf = (name: string) => {
    const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(attributes)
    return match === null ? undefined : (match[1] ?? match[2] ?? match[3])
  }
  if (!/^<script\b/i.test(html) || !RUNS.test(valueOf('type') ?? '')) return undefined
  const src = valueOf('src')
  const text = maskTokens((src ?? content).trim().replace(/\s+/g, ' '), view)
  const shown = `<script> ${printable(text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text)}`
  if (src !== undefined) return { shown, src: new URL(src, view.url).href, source: '' }
  return content.trim() === '' ? undefined : { shown, src, source: content.replace(/\r\n?/g, '\n') }
}

function maskTokens(text: string, { fetchUrls }: BrowserView): string {
  return fetchUrls.reduce(
    (masked, { token }) => (token === undefined ? masked : masked.replaceAll(token, maskPageToken(token))),
    text,
  )
}

function checkCopy({ body, status, fetches }: BrowserView): CheckResult {
  const { ok, notChecked, fail } = resultsOf('browser copy')
  const copy = copyOf(fetches)
  if (copy === undefined) {
    const last = fetches.at(-1)
    if (last === undefined) return notChecked('the page in the browser carries no fetch URL')
    if ('problem' in last) return fail(last.problem, finding('fetcher-unreachable'))
    return last.answer.status === 403
      ? notChecked('the fetcher refuses this address')
      : fail(`the fetch URL answered ${statusOf(last.answer)}`, finding('copy-missing'))
  }
  const difference = comparePages(copy.body, body)
  if (difference.kind === 'differs')
    return fail(`copy and page part at byte ${difference.offset}`, finding('copy-differs'))
  return ok(`byte for byte what the server produced for this view (${status}, ${count(copy.body.length, 'byte')})`)
}

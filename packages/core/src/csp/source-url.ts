// Whether a source list allows a URL. Source: CSP Level 3, 6.7.2.5 to 6.7.2.12; for addresses as hosts, what browsers do.
//
// The page's own scheme is not known here, since a proxy may speak TLS in the server's place: what hangs on it alone is
// taken to match.
import { hasKeyword } from './source-list.js'

/** What is known of the page that asks. */
export interface PageOrigin {
  /** The Host header: with it a relative URL is compared to the hosts that a policy names. */
  readonly host: string | undefined
  /** Whether a policy says `upgrade-insecure-requests`. */
  readonly upgrades: boolean
}

const SCHEME_SOURCE = /^([a-z][a-z0-9+.-]*):$/i
const HOST_SOURCE =
  /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\*|(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.?)(?::(\d+|\*))?(\/[^;,?#]*)?$/i
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

/** `reference` is what an attribute says. A URL that cannot be read is not loaded, and so not blocked. */
export function allowsUrl(sources: readonly string[], reference: string, page: PageOrigin): boolean {
  const base = new URL(baseOf(page.host))
  if (!URL.canParse(reference, base.href)) return true
  const url = new URL(reference, base)
  if (page.upgrades && url.protocol === 'http:') url.protocol = 'https:'
  if (hasKeyword(sources, "'self'") && url.host === base.host) return true
  return sources.some((source) => matches(source, url))
}

function baseOf(host: string | undefined): string {
  const base = `https://${host ?? ''}/`
  return URL.canParse(base) ? base : 'https://site.invalid/'
}

function matches(source: string, url: URL): boolean {
  const scheme = url.protocol.slice(0, -1)
  if (source === '*') return scheme in DEFAULT_PORTS
  const onlyScheme = SCHEME_SOURCE.exec(source)?.[1]
  if (onlyScheme !== undefined) return matchesScheme(onlyScheme, scheme)
  const [whole, sourceScheme, host = '', port, path = ''] = HOST_SOURCE.exec(source) ?? []
  if (whole === undefined || url.hostname === '') return false
  return (
    (sourceScheme === undefined ? scheme in DEFAULT_PORTS : matchesScheme(sourceScheme, scheme)) &&
    matchesHost(host.toLowerCase(), url.hostname) &&
    matchesPort(port, url.port, scheme) &&
    matchesPath(path, url.pathname)
  )
}

/** A secure scheme does for an insecure one. */
function matchesScheme(source: string, scheme: string): boolean {
  const wanted = source.toLowerCase()
  return wanted === scheme || (wanted === 'http' && scheme === 'https')
}

function matchesHost(pattern: string, host: string): boolean {
  if (pattern === '*') return true
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern
}

/** `port` is empty where it is the scheme's own. */
function matchesPort(wanted: string | undefined, port: string, scheme: string): boolean {
  if (wanted === undefined) return port === ''
  return wanted === '*' || wanted === (port === '' ? DEFAULT_PORTS[scheme] : port)
}

/** A path that ends in `/` allows all below it, any other itself alone. */
function matchesPath(wanted: string, path: string): boolean {
  if (wanted === '' || wanted === '/') return true
  const isFolder = wanted.endsWith('/')
  const allowed = (isFolder ? wanted.slice(0, -1) : wanted).split('/')
  const asked = path.split('/')
  if (isFolder ? asked.length <= allowed.length : asked.length !== allowed.length) return false
  return allowed.every((piece, index) => decode(piece) === decode(asked[index] ?? ''))
}

/** The bytes that percent encoding stands for, each as one character. */
function decode(piece: string): string {
  return Buffer.from(piece)
    .toString('latin1')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

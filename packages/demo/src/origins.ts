// The names under which a browser may reach the two sites, so that "only from the shop" can be checked exactly.
import { networkInterfaces } from 'node:os'
import { isIPv6 } from 'node:net'

export interface Origins {
  /** The address to print and to fall back to, such as `http://127.0.0.1:3000`. */
  readonly main: string
  /** Every origin that is this site, `main` included. */
  readonly all: ReadonlySet<string>
  /** The site's origin under the host name of another site's Host header; `main` for a name that is not ours. */
  under(hostHeader: string | undefined): string
}

/** Where a program connects to reach a site. */
export interface SiteAddress {
  readonly host: string
  readonly port: number
}

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '::1']
const EVERY_ADDRESS = ['0.0.0.0', '::']

/** The origins of a site that listens on `host` and `port`. A site on every address has those of the network cards. */
export function createOrigins(host: string, port: number): Origins {
  const names = EVERY_ADDRESS.includes(host) ? [...LOOPBACK_NAMES, ...cardAddresses()] : [...LOOPBACK_NAMES, host]
  return underNames(names, nameToShow(host), port)
}

/** The origins of a site that the browser knows as `origin`, an http: one; each name of this machine means the others too. */
export function createPublicOrigins(origin: string): Origins {
  const { host, port } = addressOf(origin)
  return underNames(LOOPBACK_NAMES.includes(host) ? LOOPBACK_NAMES : [host], host, port)
}

function underNames(names: readonly string[], nameShown: string, port: number): Origins {
  const all = new Set(names.map((name) => originOf(name, port)))
  const main = originOf(nameShown, port)
  return {
    main,
    all,
    under(hostHeader) {
      const name = hostHeader?.replace(/:\d+$/, '')
      const url = `http://${name ?? ''}:${port}`
      const origin = URL.canParse(url) ? new URL(url).origin : main
      return all.has(origin) ? origin : main
    },
  }
}

/** Where a program connects to reach an http: origin. */
export function addressOf(origin: string): SiteAddress {
  const { hostname, port } = new URL(origin)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) }
}

/** Where a program on this machine connects to reach what listens on `host`. */
export function connectAddress(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

function originOf(name: string, port: number): string {
  return new URL(`http://${isIPv6(name) ? `[${name}]` : name}:${port}`).origin
}

/** A policy cannot name an IPv6 address and a wildcard is no address to open: `localhost` stands for both. */
function nameToShow(host: string): string {
  return EVERY_ADDRESS.includes(host) || host === '::1' ? 'localhost' : host
}

function cardAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ scopeid }) => !scopeid)
    .map(({ address }) => address)
}

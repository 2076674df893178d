// What the viewer's own request shows of the way to this server.
import type { TLSSocket } from 'node:tls'
import type { AddressExplanation, Settings } from '@facsimile/core'
import type { Request } from '../../http-types.js'
import { found, type Verdict } from '../verdict.js'

/** Those by which proxies name the client. */
const CLIENT_HEADERS = ['x-forwarded-for', 'forwarded', 'x-real-ip']

export function checkViewer(req: Request, explanation: AddressExplanation, settings: Settings): readonly Verdict[] {
  const { peer = 'an unknown address', peerIsTrusted, source } = explanation
  const { fetchUrl } = settings
  const names = clientHeaders(source).filter((name) => req.headers[name] !== undefined)
  const isInsecure = fetchUrl !== undefined && /^http:/i.test(fetchUrl) && cameByHttps(req)
  return [
    ...(names.length > 0 && !peerIsTrusted
      ? [found('warning', 'proxy-not-trusted', `${names.join(', ')} came with your request, from ${peer}.`)]
      : []),
    ...(isInsecure ? [found('fault', 'fetch-url-insecure', 'You came by HTTPS.')] : []),
  ]
}

/** The names of those that may stand in a request, the one of the settings included. */
export function clientHeaders(source: string): readonly string[] {
  return [...new Set([...CLIENT_HEADERS, ...(source === 'socket' ? [] : [source])])]
}

/** As the socket or a proxy says; a stranger who pretends it sees a warning more. */
export function cameByHttps({ socket, headers }: Request): boolean {
  if ((socket as Partial<TLSSocket>).encrypted === true) return true
  const [first = ''] = String(headers['x-forwarded-proto'] ?? '').split(',')
  return first.trim().toLowerCase() === 'https' || /(?:^|[;,\s])proto="?https"?/i.test(headers.forwarded ?? '')
}

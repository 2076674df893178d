// The viewer as this server sees it: address, opt-out, privacy signals, sampling.
import { cookieValues, type AddressExplanation, type Settings } from '@facsimile/core'
import { clientHeaders } from './checks/viewer-checks.js'
import type { Request } from '../http-types.js'

const MAX_HEADER_CHARS = 500

export interface ViewerReport {
  readonly address: AddressExplanation
  /** Headers that name a client, name and value as they came, cut where they get long. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly optOut: OptOutReport | undefined
  readonly signals: readonly SignalReport[]
  /** What of the viewer's own, or chance, keeps the next page from being recorded; `undefined` when nothing does. */
  readonly keptFrom: 'cookie' | 'privacy' | 'sampling' | 'chance' | undefined
  readonly sampling: {
    readonly ratio: number
    /** Whether chance decides over the next page: the opt-out cookie is not there. */
    readonly isFirstView: boolean
  }
}

export interface OptOutReport {
  readonly name: string
  /** The value that opts out. */
  readonly value: string
  /** The value that the button for being recorded sets. */
  readonly otherValue: string
  /** What this browser sent, often once or not at all. */
  readonly sent: readonly string[]
  readonly isOptedOut: boolean
}

interface SignalReport {
  readonly header: string
  readonly isSent: boolean
  /** Whether the settings take it for an opt-out. */
  readonly counts: boolean
}

export function reportViewer(req: Request, address: AddressExplanation, settings: Settings): ViewerReport {
  const optOut = reportOptOut(req, settings)
  const signals = [
    { header: 'Sec-GPC', isSent: req.headers['sec-gpc'] === '1', counts: settings.privacySignals.includes('gpc') },
    { header: 'DNT', isSent: req.headers['dnt'] === '1', counts: settings.privacySignals.includes('dnt') },
  ]
  const sampling = {
    ratio: settings.sampleRatio,
    isFirstView: optOut === undefined || optOut.sent.every((value) => value === ''),
  }
  return {
    address,
    headers: linesOf(req, clientHeaders(address.source)),
    optOut,
    signals,
    keptFrom: keptFrom(optOut, signals, sampling),
    sampling,
  }
}

/** In the order in which the filter asks. */
function keptFrom(
  optOut: OptOutReport | undefined,
  signals: readonly SignalReport[],
  { ratio, isFirstView }: ViewerReport['sampling'],
): ViewerReport['keptFrom'] {
  if (optOut?.isOptedOut === true) return 'cookie'
  if (signals.some(({ isSent, counts }) => isSent && counts)) return 'privacy'
  if (ratio === 1 || !isFirstView) return undefined
  return ratio === 0 ? 'sampling' : 'chance'
}

function reportOptOut({ headers }: Request, { optOutCookie }: Settings): OptOutReport | undefined {
  if (optOutCookie === false) return undefined
  const { name, value } = optOutCookie
  const sent = cookieValues(headers.cookie ?? '', name)
  return { name, value, otherValue: value === '1' ? '0' : '1', sent, isOptedOut: sent.includes(value) }
}

function linesOf({ rawHeaders }: Request, names: readonly string[]): ViewerReport['headers'] {
  return rawHeaders.flatMap((name, at) => {
    if (at % 2 === 1 || !names.includes(name.toLowerCase())) return []
    const value = rawHeaders[at + 1] ?? ''
    return [[name, value.length > MAX_HEADER_CHARS ? `${value.slice(0, MAX_HEADER_CHARS)}…` : value] as const]
  })
}

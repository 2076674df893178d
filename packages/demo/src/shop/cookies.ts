// The two cookies of the shop: the session, and the opt-out that Facsimile honours.

const SESSION_COOKIE = 'lantern_session'
/** Facsimile's default opt-out cookie; a request that carries `WRUID=0` is neither injected nor stored. */
const OPT_OUT_COOKIE = 'WRUID'
const OPT_OUT_VALUE = '0'

const YEAR_SECONDS = 31_536_000
// No Secure attribute: the demo speaks plain HTTP to this machine.
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Lax'

export function readSessionCookie(cookieHeader: string | undefined): string | undefined {
  return readCookie(cookieHeader, SESSION_COOKIE)
}

export function sessionCookie(value: string): string {
  return `${SESSION_COOKIE}=${value}; ${ATTRIBUTES}`
}

export function hasOptedOut(cookieHeader: string | undefined): boolean {
  return readCookie(cookieHeader, OPT_OUT_COOKIE) === OPT_OUT_VALUE
}

/** The Set-Cookie line that opts out for a year, or in again at once. */
export function optOutCookie(optOut: boolean): string {
  return `${OPT_OUT_COOKIE}=${OPT_OUT_VALUE}; ${ATTRIBUTES}; Max-Age=${optOut ? YEAR_SECONDS : 0}`
}

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [key, value] = pair.trim().split('=', 2)
    if (key === name) return value
  }
  return undefined
}

// The cookies of one visitor at one origin.
import { usageFailure } from '../failure.js'

export interface CookieJar {
  /** The value of a Cookie header; `undefined` without cookies. */
  header(): string | undefined
  get(name: string): string | undefined
  /** Takes the lines of Set-Cookie headers. What is no cookie is passed over, as browsers do. */
  take(setCookies: readonly string[], now: number): void
}

const COOKIE_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/
/** Anything but control characters, the separator, and what does not fit into one byte. */
const COOKIE_VALUE = /^[\t\x20-\x3a\x3c-\x7e\x80-\xff]*$/
const MAX_COOKIES = 180

/** Starts with the cookies of `header`, in the form `a=b; c=d`. Throws a usage failure for anything else. */
export function createCookieJar(header: string): CookieJar {
  const cookies = parseCookieHeader(header)
  if (cookies === undefined) {
    throw usageFailure(
      '--cookie holds something that is no list of cookies',
      `Write it as 'name=value; other=value', or as @file.`,
    )
  }
  return {
    header: () => (cookies.size === 0 ? undefined : formatCookieHeader(cookies)),
    get: (name) => cookies.get(name),
    take(setCookies, now) {
      for (const line of setCookies) takeCookie(cookies, line, now)
    },
  }
}

/** The cookies of `a=b; c=d` (white space and a last semicolon do not matter); `undefined` when a part is no cookie. */
export function parseCookieHeader(header: string): Map<string, string> | undefined {
  const cookies = new Map<string, string>()
  for (const part of header.split(';').map((text) => text.trim())) {
    if (part === '') continue
    const pair = parsePair(part)
    if (pair === undefined) return undefined
    cookies.set(...pair)
  }
  return cookies
}

export function formatCookieHeader(cookies: ReadonlyMap<string, string>): string {
  return Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; ')
}

function parsePair(text: string): [string, string] | undefined {
  const equalsAt = text.indexOf('=')
  const name = text.slice(0, Math.max(0, equalsAt)).trim()
  const value = text.slice(equalsAt + 1).trim()
  return COOKIE_NAME.test(name) && COOKIE_VALUE.test(value) ? [name, value] : undefined
}

function takeCookie(cookies: Map<string, string>, line: string, now: number): void {
  const [first = '', ...attributes] = line.split(';')
  const pair = parsePair(first)
  if (pair === undefined) return
  const [name, value] = pair
  if (isOver(attributes, now)) cookies.delete(name)
  else if (cookies.has(name) || cookies.size < MAX_COOKIES) cookies.set(name, value)
}

/** RFC 6265, 5.3: Max-Age counts before Expires. */
function isOver(attributes: readonly string[], now: number): boolean {
  const maxAge = attributeOf(attributes, 'max-age')
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Number(maxAge) <= 0
  const expires = attributeOf(attributes, 'expires')
  return expires !== undefined && Date.parse(expires) <= now
}

function attributeOf(attributes: readonly string[], name: string): string | undefined {
  const found = attributes.map((text) => text.split('=')).findLast(([key = '']) => key.trim().toLowerCase() === name)
  return found?.slice(1).join('=').trim()
}

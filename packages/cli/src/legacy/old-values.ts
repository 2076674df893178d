// How the values of old keys become values of new settings, one function for each kind.
import { isNearlyEverybody, parseAddressRange } from '@facsimile/core'

import { isTrueInPhp, type Step } from './draft.js'

const MEBIBYTE = 1024 * 1024
const MAX_SECONDS = 86_400
const COOKIE_VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/
const HTTP_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** What counted as on, and is a text, was hardly meant so. */
export function translateSwitch(setting: string): (step: Step) => void {
  return (step) => {
    const isOn = isTrueInPhp(step.value)
    warnOfText(step)
    step.set(setting, isOn)
  }
}

function warnOfText({ value, warn }: Step): void {
  if (typeof value === 'string' && isTrueInPhp(value) && !/^(?:true|1)$/i.test(value))
    warn(
      `the text ${JSON.stringify(value)} counted as true, as every text but "" and "0" did; that is carried over, so see whether it was meant`,
    )
}

export function translateDebug({ value, warn }: Step): void {
  if (!isTrueInPhp(value)) return
  warn(
    'the old page showed settings and logs to everybody, passwords among them; it is left off: set `allowDebug` while you look for a fault, for allowed addresses alone',
  )
}

export function translateSeconds({ value, set, leave, warn }: Step): void {
  if (!isTrueInPhp(value)) {
    set('maxCachedSeconds', MAX_SECONDS)
    return warn(
      `pages were kept for ever; the longest is now ${MAX_SECONDS} seconds, and 60 are enough for most crawlers`,
    )
  }
  const seconds = wholeNumber(value)
  if (seconds === undefined || seconds < 1)
    return leave(`${show(value)} is no number of seconds; the default of 60 applies`)
  if (seconds > MAX_SECONDS) warn(`${seconds} seconds are more than a day; cut to ${MAX_SECONDS}`)
  set('maxCachedSeconds', Math.min(seconds, MAX_SECONDS))
}

export function translatePages({ value, set, leave }: Step): void {
  const pages = wholeNumber(value)
  if (pages === undefined || pages < 1 || pages > 1_000_000)
    return leave(`${show(value)} is no number from 1 to 1000000; the default applies`)
  set('maxCachedPages', pages)
}

export function translateMegabytes({ value, set, leave, warn }: Step): void {
  if (!isTrueInPhp(value))
    return leave('it meant no limit at all, so that the disk could fill up; the default of 256 MiB applies')
  const megabytes = wholeNumber(value)
  if (megabytes === undefined || megabytes < 1)
    return leave(
      `${show(value)} is no number of megabytes, and made the old module empty its folder at each page; the default of 256 MiB applies`,
    )
  set('maxCachedBytes', megabytes * MEBIBYTE)
  warn('a full folder was emptied, also of pages that nobody had fetched yet; now the oldest pages make room')
}

export function translateAddresses({ value, set, warn }: Step): void {
  const written = typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : []
  const kept: string[] = []
  for (const entry of written.filter((text) => text !== '')) {
    const outcome = parseAddressRange(entry)
    if ('problem' in outcome)
      warn(
        `${JSON.stringify(entry)} is left out: it is no address or range, and the old module took such an entry for everybody or for nobody`,
      )
    else if (isNearlyEverybody(entry))
      warn(`${JSON.stringify(entry)} is left out: it let nearly everybody fetch private pages`)
    else kept.push(entry)
    if (/^(?:127\.|::1)/.test(entry))
      warn(
        `${entry} is this machine: behind a proxy on it every visitor comes from there; take it out and set \`clientAddress\``,
      )
  }
  set('allowedAddresses', [...new Set(kept)])
  if (kept.length === 0) warn('nobody may fetch a page until `allowedAddresses` names the crawler')
  else
    warn('the ranges of tracking services change: compare them with what yours publishes, with `facsimile addresses`')
}

/** The name of the cookie stands for both keys. */
export function translateOptOut({ value: name, config, set, leave, warn }: Step): void {
  const value = config.get('DoNotProcessCookieValue')?.value ?? config.get('do_not_process_cookie_value')?.value ?? ''
  const text = typeof value === 'number' ? String(value) : value
  if (name === '' || name === null || name === false || text === '' || text === false) {
    set('optOutCookie', false)
    return warn(
      'without a name or a value no cookie kept a visitor from being recorded, and that is carried over; the default is { name: "WRUID", value: "0" }',
    )
  }
  if (typeof name !== 'string' || !HTTP_TOKEN.test(name) || typeof text !== 'string' || !COOKIE_VALUE.test(text))
    return leave('name and value are not those of a cookie; the default is WRUID with the value 0')
  set('optOutCookie', { name, value: text })
  if (text === '0') warn('the old module took the value "0" for none, so that the cookie was never heeded; now it is')
}

/** Nothing by itself: the key beside it has been asked already. */
export function translateWith(partners: readonly string[], reason: string): (step: Step) => void {
  return ({ config, leave }) => {
    if (!partners.some((partner) => config.has(partner))) leave(reason)
  }
}

function wholeNumber(value: unknown): number | undefined {
  if (typeof value !== 'number' && !(typeof value === 'string' && /^\d{1,15}$/.test(value.trim()))) return undefined
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : undefined
}

function show(value: unknown): string {
  return typeof value === 'object' ? 'an array' : JSON.stringify(value)
}

// The settings of one Facsimile: what may be written, what it defaults to, and what a mistake is answered with.
import { z } from 'zod'
import { compileAddressRanges } from './address/address-range.js'
import type { CacheProvider } from './cache-provider.js'
import { FacsimileError } from './errors.js'
import type { Logger } from './logger.js'
import { nearestName } from './near-miss.js'
import { PLACEMENTS, type Snippet } from './snippet.js'

const HTTP_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const COOKIE_VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/
const FETCH_PATH = /^\/[A-Za-z0-9._~/-]*[A-Za-z0-9_~-]$/
const MEBIBYTE = 1024 * 1024

const glob = z
  .string()
  .regex(/^(?:\/|\*)[^\s?#]*$/, 'write a path pattern that starts with / or *, such as /account/**')
const wholeNumber = (least: number, most: number) =>
  z.int(`write a whole number from ${least} to ${most}`).min(least).max(most)
const addresses = z.array(z.string('write an IP address or range as text, such as 192.0.2.0/24'))
const isFunction = (value: unknown) => typeof value === 'function'

const snippet = z.strictObject({
  name: z.string().min(1, 'give the snippet a name'),
  html: z.string().min(1, 'write the HTML to insert'),
  placement: z.enum(PLACEMENTS),
  when: z
    .union([z.array(glob), z.custom<Extract<Snippet['when'], (...args: never) => unknown>>(isFunction)], {
      error: 'write a list of path patterns, or a function of the request',
    })
    .optional(),
})

const PROVIDER_METHODS = ['store', 'pull', 'peek', 'remove', 'check', 'close'] as const
const LOGGER_METHODS = ['debug', 'info', 'warn', 'error'] as const

const hasMethods = (value: unknown, methods: readonly string[]) =>
  typeof value === 'object' &&
  value !== null &&
  methods.every((name) => isFunction((value as Record<string, unknown>)[name]))

const schema = z.strictObject({
  snippets: z
    .array(snippet)
    .refine(
      (list) => new Set(list.map(({ name }) => name)).size === list.length,
      'give every snippet a name of its own',
    )
    .default([]),
  cacheProvider: z
    .union([z.string(), z.custom<CacheProvider>((value) => hasMethods(value, PROVIDER_METHODS))], {
      error: `write a location such as 'memory:', or give an object with the methods ${PROVIDER_METHODS.join(', ')}`,
    })
    .default('memory:'),
  maxCachedSeconds: wholeNumber(1, 86_400).default(60),
  maxCachedPages: wholeNumber(1, 10_000_000).default(10_000),
  maxCachedBytes: wholeNumber(1, Number.MAX_SAFE_INTEGER).default(256 * MEBIBYTE),
  maxPageBytes: wholeNumber(1, 1024 * MEBIBYTE).default(5 * MEBIBYTE),
  deleteAfterPull: z.boolean().default(true),
  allowedAddresses: addresses.default([]),
  clientAddress: z
    .strictObject({
      source: z
        .string()
        .regex(HTTP_TOKEN, "write 'socket', 'x-forwarded-for', 'forwarded' or the name of a header")
        .default('socket'),
      trustedProxies: addresses.default([]),
    })
    .prefault({}),
  fetchPath: z
    .string()
    .regex(FETCH_PATH, 'write a path such as /facsimile, of letters, digits and - . _ ~ /, without a trailing slash')
    .default('/facsimile'),
  fetchUrl: z
    .string()
    .refine(
      isFetchUrl,
      'write an absolute http(s) URL that holds %CacheToken%, such as https://s1.example.com/facsimile?t=%CacheToken%',
    )
    .optional(),
  stickyCookies: z.array(z.string().regex(HTTP_TOKEN, 'write the name of a cookie')).default([]),
  optOutCookie: z
    .union([
      z.literal(false),
      z.strictObject({
        name: z.string().regex(HTTP_TOKEN, 'write the name of a cookie'),
        value: z.string().regex(COOKIE_VALUE, "write the value of the cookie as text, such as '0'"),
      }),
    ])
    .default({ name: 'WRUID', value: '0' }),
  privacySignals: z.array(z.enum(['gpc', 'dnt'])).default([]),
  sampleRatio: z.number().min(0).max(1).default(1),
  include: z.array(glob).default(['**']),
  exclude: z.array(glob).default([]),
  storeAs: z.enum(['produced', 'sent']).default('produced'),
  disableFilter: z.boolean().default(false),
  disableCache: z.boolean().default(false),
  logger: z
    .custom<Logger>(
      (value) => hasMethods(value, LOGGER_METHODS),
      `give an object with the methods ${LOGGER_METHODS.join(', ')}`,
    )
    .optional(),
})

/** Settings as they are written; everything has a default. The README's table gives meanings. */
export type FacsimileSettings = z.input<typeof schema>
/** Settings as they are used: complete, checked and frozen. */
export type Settings = z.output<typeof schema>

/**
 * Checks `input` and completes it. Throws a FacsimileError with code `SETTINGS_INVALID` (or `ADDRESS_INVALID`) that
 * names every wrong key with its value and the remedy. The caller's object stays as it was.
 */
export function resolveSettings(input: unknown = {}): Settings {
  const result = schema.safeParse(input)
  if (!result.success) {
    const lines = result.error.issues.flatMap((issue) => describe(issue, input))
    throw new FacsimileError('SETTINGS_INVALID', `The settings cannot be used: ${lines.join('; ')}.`)
  }
  const settings = result.data
  compileAddressRanges(settings.allowedAddresses, 'allowedAddresses')
  compileAddressRanges(settings.clientAddress.trustedProxies, 'clientAddress.trustedProxies')
  return freeze(settings)
}

function isFetchUrl(pattern: string): boolean {
  if (!pattern.includes('%CacheToken%') || /[\s"'<>#]/.test(pattern)) return false
  const example = pattern.replaceAll('%CacheToken%', 'token')
  if (!URL.canParse(example)) return false
  const url = new URL(example)
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}

function describe(issue: z.core.$ZodIssue, input: unknown): readonly string[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => describeUnknownKey([...path, key].join('.'), key, path))
  const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], input)
  const key = path.length === 0 ? 'the settings' : `\`${path.join('.')}\``
  if (value === undefined && issue.code === 'invalid_type') return [`${key} is missing (expected ${issue.expected})`]
  return [`${key} is ${show(value)}: ${lowerFirst(remedyOf(issue))}`]
}

function remedyOf(issue: z.core.$ZodIssue): string {
  // A union reports the branch that came nearest; one message of its own reads better than all of them.
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input') {
    return issue.errors
      .flat()
      .map((inner) => inner.message)
      .join(', or ')
  }
  return issue.message
}

function describeUnknownKey(full: string, key: string, path: readonly string[]): string {
  const known = knownKeysAt(path)
  const nearest = nearestName(key, known)
  if (nearest !== undefined) return `\`${full}\` is no setting: did you mean \`${[...path, nearest].join('.')}\`?`
  return `\`${full}\` is no setting (there are ${known.join(', ')})`
}

function knownKeysAt(path: readonly string[]): readonly string[] {
  if (path[0] === 'snippets') return Object.keys(snippet.shape)
  if (path[0] === 'clientAddress') return ['source', 'trustedProxies']
  if (path[0] === 'optOutCookie') return ['name', 'value']
  return Object.keys(schema.shape)
}

/** The value as JSON, cut to a readable length; passwords in URLs are masked. */
function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  const text = JSON.stringify(value) ?? String(value)
  const masked = text.replace(/(:\/\/[^/@\s:]*:)[^/\s]*@/g, '$1***@')
  return masked.length > 120 ? `${masked.slice(0, 117)}…` : masked
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}

/** Freezes what zod made, and nothing that the caller owns: providers, loggers and functions stay as they are. */
function freeze(settings: Settings): Settings {
  for (const value of [...settings.snippets, ...Object.values(settings)]) {
    const owned = value === settings.cacheProvider || value === settings.logger
    if (typeof value === 'object' && !owned) Object.freeze(value)
  }
  Object.freeze(settings.clientAddress.trustedProxies)
  for (const { when } of settings.snippets) Object.freeze(when)
  return Object.freeze(settings)
}

// The settings of one Facsimile: what may be written, what it defaults to, and what a mistake is answered with.
import { z } from 'zod'
import { compileAddressRanges } from './address/address-range.js'
import type { EncryptionKey } from './at-rest/encryption-keys.js'
import { COMPRESSIONS } from './at-rest/page-compression.js'
import type { CacheProvider } from './cache-provider.js'
import { FacsimileError } from './errors.js'
import type { Logger } from './logger.js'
import { describeIssues } from './settings-complaint.js'
import { CSP_MODES } from './snippet-fit.js'
import { PLACEMENTS, type Snippet } from './snippet.js'
import { refuseMalformedSnippets } from './well-formed-snippets.js'

const HTTP_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const COOKIE_VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/
/** Folders that a URL parser leaves as they are: none empty, none a dot or two. */
const OWN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+$/
const OWN_PATH_REMEDY = 'of letters, digits and - . _ ~ /, without a trailing slash'
const GLOB = /^(?:\/|\*\*)[^\s?#]*$/
const MEBIBYTE = 1024 * 1024
const MAX_MARKER_CHARS = 200
const PROVIDER_METHODS = ['store', 'pull', 'peek', 'remove', 'check', 'close'] as const
const LOGGER_METHODS = ['debug', 'info', 'warn', 'error'] as const

// Every type says its remedy itself, so that one sentence answers every kind of mistake.
const switchOf = () => z.boolean('write true or false')
const text = (pattern: RegExp, remedy: string) => z.string(remedy).regex(pattern, remedy)
const wholeNumber = (least: number, most: number) => {
  const remedy = `write a whole number from ${least} to ${most}`
  return z.int(remedy).min(least, remedy).max(most, remedy)
}
const listOf = <Item extends z.ZodType>(item: Item, what: string) => z.array(item, `write a list of ${what}`)
const groupOf = <Shape extends z.core.$ZodShape>(shape: Shape, remedy: string) =>
  z.strictObject(shape, { error: (issue) => (issue.code === 'invalid_type' ? remedy : undefined) })

const glob = text(GLOB, 'write a path pattern that starts with / or **, such as /account/**')
const globs = () => listOf(glob, 'path patterns, such as /account/**')
const cookieName = text(HTTP_TOKEN, 'write the name of a cookie')
const addresses = () =>
  listOf(z.string('write an IP address or range as text, such as 192.0.2.0/24'), 'addresses and ranges')

const MARKER_REMEDY = `write the text that makes the snippet needless, of 1 to ${MAX_MARKER_CHARS} characters`

const SNIPPET_SHAPE = {
  name: z.string('give the snippet a name').min(1, 'give the snippet a name'),
  html: z.string('write the HTML to insert').min(1, 'write the HTML to insert'),
  placement: z.enum(PLACEMENTS, `write ${PLACEMENTS.join(', ')}`),
  when: z
    .union([globs(), z.custom<Extract<Snippet['when'], (...args: never) => unknown>>(isFunction)], {
      error: 'write a list of path patterns, or a function of the request',
    })
    .optional(),
  unlessPageContains: z.string(MARKER_REMEDY).min(1, MARKER_REMEDY).max(MAX_MARKER_CHARS, MARKER_REMEDY).optional(),
}

const CLIENT_ADDRESS_SHAPE = {
  source: text(HTTP_TOKEN, "write 'socket', 'x-forwarded-for', 'forwarded' or the name of a header").default('socket'),
  trustedProxies: addresses().default([]),
}

const OPT_OUT_SHAPE = {
  name: cookieName,
  value: text(COOKIE_VALUE, "write the value of the cookie as text, such as '0'"),
}
const OPT_OUT_REMEDY = "write the cookie's name and value as text, such as { name: 'WRUID', value: '0' }, or false"

const SHAPE = {
  snippets: listOf(groupOf(SNIPPET_SHAPE, 'write { name, html, placement }'), 'snippets')
    .refine(haveOwnNames, 'give every snippet a name of its own')
    .default([]),
  cacheProvider: z
    .union([z.string(), z.custom<CacheProvider>((value) => hasMethods(value, PROVIDER_METHODS))], {
      error: `write a location such as 'memory:', or give an object with the methods ${PROVIDER_METHODS.join(', ')}`,
    })
    .default('memory:'),
  maxCachedSeconds: wholeNumber(1, 86_400).default(60),
  maxCachedPages: wholeNumber(1, 1_000_000).default(10_000),
  maxCachedBytes: wholeNumber(1, Number.MAX_SAFE_INTEGER).default(256 * MEBIBYTE),
  maxPageBytes: wholeNumber(1, 1024 * MEBIBYTE).default(5 * MEBIBYTE),
  deleteAfterPull: switchOf().default(true),
  allowedAddresses: addresses().default([]),
  clientAddress: groupOf(
    CLIENT_ADDRESS_SHAPE,
    "write { source, trustedProxies }, such as { source: 'socket' }",
  ).prefault({}),
  fetchPath: text(OWN_PATH, 'write a path such as /facsimile, ' + OWN_PATH_REMEDY).default('/facsimile'),
  fetchUrl: z
    .custom<string>(
      isFetchUrl,
      'write an absolute http(s) URL that holds %CacheToken%, such as https://s1.example.com/facsimile?t=%CacheToken%',
    )
    .optional(),
  stickyCookies: listOf(cookieName, 'names of cookies').default([]),
  optOutCookie: z
    .union([z.literal(false), z.strictObject(OPT_OUT_SHAPE)], { error: OPT_OUT_REMEDY })
    .default({ name: 'WRUID', value: '0' }),
  privacySignals: listOf(z.enum(['gpc', 'dnt'], "write 'gpc' or 'dnt'"), "signals: 'gpc', 'dnt'").default([]),
  sampleRatio: z
    .number('write a number from 0 to 1')
    .min(0, 'write a number from 0 to 1')
    .max(1, 'write a number from 0 to 1')
    .default(1),
  include: globs().default(['**']),
  exclude: globs().default([]),
  encryptionKeys: listOf(
    z.custom<EncryptionKey>((value) => typeof value === 'string' || value instanceof Uint8Array, {
      error: 'write a key as base64 text',
    }),
    'keys, the current one first',
  ).optional(),
  compression: z
    .union([z.literal(false), z.enum(COMPRESSIONS)], { error: `write ${COMPRESSIONS.join(', ')} or false` })
    .default(false),
  xhtml: switchOf().default(false),
  storeAs: z.enum(['produced', 'sent'], "write 'produced' or 'sent'").default('produced'),
  csp: z.enum(CSP_MODES, "write 'nonce' or 'hash'").default('nonce'),
  disableFilter: switchOf().default(false),
  disableCache: switchOf().default(false),
  allowDebug: switchOf().default(false),
  debugPath: text(OWN_PATH, 'write a path such as /facsimile/debug, ' + OWN_PATH_REMEDY).default('/facsimile/debug'),
  logger: z
    .custom<Logger>(
      (value) => hasMethods(value, LOGGER_METHODS),
      `give an object with the methods ${LOGGER_METHODS.join(', ')}`,
    )
    .optional(),
}

export const settingsSchema = groupOf(SHAPE, 'give an object, as in createFacsimile({ snippets: [] })')

type WrittenSettings = z.input<typeof settingsSchema>

/** Settings as they are written; everything has a default. The README's table gives meanings. */
export type FacsimileSettings = {
  readonly [Key in keyof WrittenSettings]: WrittenSettings[Key] extends readonly (infer Item)[] | undefined
    ? readonly Item[] | undefined
    : WrittenSettings[Key]
}
/** Settings as they are used: complete, checked and frozen. */
export type Settings = z.output<typeof settingsSchema>

/**
 * Checks `input` and completes it. Throws a FacsimileError with code `SETTINGS_INVALID` (or `ADDRESS_INVALID`) that
 * names every wrong key with its value and the remedy. The caller's object stays as it was.
 */
export function resolveSettings(input: unknown = {}): Settings {
  const result = settingsSchema.safeParse(input)
  if (!result.success) {
    throw new FacsimileError('SETTINGS_INVALID', describeIssues(result.error.issues, input, knownKeysAt))
  }
  const settings = result.data
  compileAddressRanges(settings.allowedAddresses, 'allowedAddresses')
  compileAddressRanges(settings.clientAddress.trustedProxies, 'clientAddress.trustedProxies')
  if (settings.debugPath === settings.fetchPath) {
    throw new FacsimileError(
      'SETTINGS_INVALID',
      `The settings cannot be used: \`debugPath\` and \`fetchPath\` are both ${JSON.stringify(settings.fetchPath)}: give each a path of its own.`,
    )
  }
  if (settings.xhtml) refuseMalformedSnippets(settings.snippets)
  return freezeAll(
    settings,
    new Set<unknown>([settings.cacheProvider, settings.logger, ...(settings.encryptionKeys ?? [])]),
  )
}

export function knownKeysAt([first]: readonly PropertyKey[]): readonly string[] {
  if (first === 'snippets') return Object.keys(SNIPPET_SHAPE)
  if (first === 'clientAddress') return Object.keys(CLIENT_ADDRESS_SHAPE)
  if (first === 'optOutCookie') return Object.keys(OPT_OUT_SHAPE)
  return Object.keys(SHAPE)
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

/** Some loggers are functions that have methods too. */
function hasMethods(value: unknown, methods: readonly string[]): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return methods.every((name) => isFunction((value as Record<string, unknown>)[name]))
}

function haveOwnNames(snippets: readonly { readonly name: string }[]): boolean {
  return new Set(snippets.map(({ name }) => name)).size === snippets.length
}

/** No fragment, because the sticky cookies go there; no characters that a URL parser drops or turns into others. */
function isFetchUrl(pattern: unknown): boolean {
  if (typeof pattern !== 'string' || !pattern.includes('%CacheToken%') || /[\s"'<>#\\]/.test(pattern)) return false
  const example = pattern.replaceAll('%CacheToken%', 'token')
  if (!/^https?:\/\/[^/?]/i.test(example) || !URL.canParse(example)) return false
  const url = new URL(example)
  return url.username === '' && url.password === ''
}

/** Freezes what was made here, and nothing that the caller owns: provider, logger and functions stay as they are. */
function freezeAll<T>(value: T, foreign: ReadonlySet<unknown>): T {
  if (typeof value !== 'object' || value === null || foreign.has(value)) return value
  for (const part of Object.values(value)) freezeAll(part, foreign)
  return Object.freeze(value)
}

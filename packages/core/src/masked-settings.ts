// Settings as they may be shown: complete, and without what would open a store or a page.
import { maskLocation } from './mask-location.js'
import { settingsSchema, type Settings } from './settings.js'

const SECRET_NAME = /pass|pwd|secret|token|key|auth|credential/i
const MASK = '***'
/** Values of such parameters are masked, but for the place where each page has its own token. */
const SECRET_PARAMETER =
  /([?&;][^=&;]*(?:pass|pwd|secret|token|key|auth|credential)[^=&;]*=)(?!%CacheToken%(?:[&;]|$))[^&;]*/gi

/** How the settings are shown that are not shown as they are. */
const SHOWN: { readonly [Name in keyof Settings]?: (value: Settings[Name]) => unknown } = {
  cacheProvider: (provider) =>
    typeof provider === 'string'
      ? maskLocation(provider)
      : `the provider ${JSON.stringify(maskLocation(provider.name))}`,
  encryptionKeys: (keys = []) => (keys.length === 0 ? 'none' : `${keys.length} ${keys.length === 1 ? 'key' : 'keys'}`),
  fetchUrl: (pattern) => pattern?.replace(SECRET_PARAMETER, `$1${MASK}`) ?? null,
  logger: (logger) => (logger === undefined ? 'none' : 'given'),
}

/**
 * All settings as they are in force, in the order of the README, as plain objects that JSON can hold. Passwords in
 * locations and values with names that speak of a secret are `***`, keys are a number of keys, functions and objects of
 * the application are named. Nothing of it can be written back.
 */
export function maskSettings(settings: Settings): Record<string, unknown> {
  const names = Object.keys(settingsSchema.shape) as (keyof Settings)[]
  return Object.fromEntries(names.map((name) => [name, showSetting(name, settings)]))
}

function showSetting(name: keyof Settings, settings: Settings): unknown {
  // The table pairs each name with its own value; that is lost where the name may be any.
  const show = SHOWN[name] as ((value: unknown) => unknown) | undefined
  return show === undefined ? showValue(settings[name], name) : show(settings[name])
}

function showValue(value: unknown, name: string): unknown {
  if (value === undefined) return null
  if (typeof value === 'function') return 'a function'
  if (SECRET_NAME.test(name) && typeof value !== 'boolean') return MASK
  if (Array.isArray(value)) return value.map((item) => showValue(item, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [key, showValue(part, key)]),
  )
}

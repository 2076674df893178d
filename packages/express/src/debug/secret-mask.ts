// Takes the secrets of the settings out of whatever is shown: a last line of defence behind masked locations, because what
// a provider, a parser or a page says may quote any of them.
import type { Settings } from '@facsimile/core'

const MASK = '***'
const SECRET_NAME = /pass|pwd|secret|token|key|auth|credential/i
/** Anything shorter stands in other texts by chance, and is no secret that a mask could keep. */
const MIN_CHARS = 4

/** Answers `value` with `***` for every secret in its texts; lists and plain objects are copied. */
export type SecretMask = <T>(value: T) => T

export function createSecretMask({ cacheProvider, fetchUrl, encryptionKeys = [] }: Settings): SecretMask {
  const secrets = [
    ...(typeof cacheProvider === 'string' ? secretsIn(cacheProvider) : []),
    ...(fetchUrl === undefined ? [] : secretsIn(fetchUrl)),
    ...encryptionKeys.filter((key) => typeof key === 'string'),
  ]
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .filter((secret) => secret.length >= MIN_CHARS && secret !== '%CacheToken%')
  // The longest first: one may be part of another.
  secrets.sort((one, other) => other.length - one.length)

  const maskText = (text: string) => secrets.reduce((masked, secret) => masked.replaceAll(secret, () => MASK), text)
  const mask = (value: unknown): unknown => {
    if (typeof value === 'string') return maskText(value)
    if (Array.isArray(value)) return value.map(mask)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mask(part)]))
  }
  return secrets.length === 0 ? (value) => value : (mask as SecretMask)
}

function secretsIn(location: string): readonly string[] {
  if (!URL.canParse(location)) return []
  const { password, searchParams } = new URL(location)
  const parameters = Array.from(searchParams).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []))
  return [password, decode(password), ...parameters]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that stands for itself.
    return text
  }
}

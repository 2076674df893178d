// Everything that is wrong with settings at once, for who mends a file and not for who starts a server.
import { parseAddressRange } from './address/address-range.js'
import { showValue } from './address/show-value.js'
import { readKeyRing } from './at-rest/encryption-keys.js'
import { readCompression } from './at-rest/page-compression.js'
import { FacsimileError } from './errors.js'
import { openCacheProvider } from './open-cache-provider.js'
import { clausesOf } from './settings-complaint.js'
import { knownKeysAt, resolveSettings, settingsSchema, type Settings } from './settings.js'

const SENTENCE_START = 'The settings cannot be used: '

/**
 * One clause for each reason why createFacsimile would refuse `input`, with the key, the value and the remedy; empty
 * when it would not. Passwords and keys are masked. Connects to nothing.
 */
export function findSettingsProblems(input: unknown = {}): readonly string[] {
  const result = settingsSchema.safeParse(input)
  const wrongEntries = [
    ...wrongAddresses(partOf(input, 'allowedAddresses'), 'allowedAddresses'),
    ...wrongAddresses(partOf(partOf(input, 'clientAddress'), 'trustedProxies'), 'clientAddress.trustedProxies'),
  ]
  if (!result.success) return [...clausesOf(result.error.issues, input, knownKeysAt), ...wrongEntries]
  const whole = wrongEntries.length > 0 ? [] : refusals(() => resolveSettings(input))
  return [...wrongEntries, ...whole, ...storeProblems(result.data)]
}

function wrongAddresses(list: unknown, name: string): readonly string[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((entry: unknown, index) => {
    if (typeof entry !== 'string') return [] // That has been refused already.
    const outcome = parseAddressRange(entry)
    return 'problem' in outcome ? [`\`${name}[${index}]\` is ${showValue(entry)}, ${outcome.problem}`] : []
  })
}

/** What is found out only when the store is opened and its keys are read. */
function storeProblems(settings: Settings): readonly string[] {
  const { cacheProvider, maxCachedPages, maxCachedBytes, encryptionKeys, compression, disableCache } = settings
  if (disableCache) return []
  return [
    ...refusals(() =>
      typeof cacheProvider === 'string'
        ? openCacheProvider(cacheProvider, { maxCachedPages, maxCachedBytes })
        : undefined,
    ),
    ...refusals(() => (encryptionKeys === undefined ? undefined : readKeyRing(encryptionKeys))),
    ...refusals(() => readCompression(compression)),
  ]
}

function refusals(attempt: () => unknown): readonly string[] {
  try {
    attempt()
    return []
  } catch (error) {
    if (!(error instanceof FacsimileError)) throw error
    return [error.message.replace(SENTENCE_START, '').replace(/\.$/, '')]
  }
}

function partOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

// Checks what a cache provider gives back: the contract binds our own providers, but users may bring theirs.
import type { CapturedPage } from './cache-provider.js'
import { FacsimileError } from './errors.js'

const METHOD = /^[A-Za-z][!#$%&'*+.^_`|~0-9A-Za-z-]*$/
/** What a header may hold (RFC 9110, 5.5). */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

const FIELDS: Record<keyof CapturedPage, (value: unknown) => boolean> = {
  url: (value) => typeof value === 'string',
  method: (value) => typeof value === 'string' && METHOD.test(value),
  status: (value) => Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 999,
  contentType: (value) => typeof value === 'string' && HEADER_VALUE.test(value),
  capturedAt: (value) => Number.isSafeInteger(value),
  expiresAt: (value) => Number.isFinite(value),
  body: (value) => Buffer.isBuffer(value),
}

/**
 * `answer` as a page or a miss. Throws `PROVIDER_FAILED` for anything else, so that a provider that answers nonsense is
 * never taken for one that is empty. The message names the wrong fields and shows nothing of the page.
 */
export function readProviderAnswer(answer: unknown, providerName: string): CapturedPage | undefined {
  if (answer === undefined) return undefined
  if (typeof answer !== 'object' || answer === null) {
    const seen = answer === null ? 'null' : `a ${typeof answer}`
    throw notAPage(providerName, `answered with ${seen}; it must answer with a page, or with undefined for a miss`)
  }
  const wrong = Object.entries(FIELDS).filter(([name, isRight]) => !isRight((answer as Record<string, unknown>)[name]))
  if (wrong.length === 0) return answer as CapturedPage
  const names = wrong.map(([name]) => name).join(', ')
  throw notAPage(providerName, `answered with a page whose ${names} cannot be used; give back what store() was given`)
}

function notAPage(providerName: string, problem: string): FacsimileError {
  return new FacsimileError('PROVIDER_FAILED', `The cache provider ${JSON.stringify(providerName)} ${problem}.`)
}

// Judges case after case and counts what it sees; stops at the first fault, with the smallest page that shows it.
import type { Charset } from './charsets.js'
import { createCase, type FuzzCase } from './fuzz-case.js'
import { judgeCase } from './judge-case.js'
import type { Exception } from './oracle.js'
import { shrinkCase } from './shrink.js'

export interface FuzzSettings {
  readonly seed: number
  readonly cases: number
  /** Ends earlier, after this long. */
  readonly seconds?: number | undefined
  /** Is told every few seconds. */
  readonly onProgress?: ((done: number, seconds: number) => void) | undefined
}

export interface FuzzResult {
  readonly seed: number
  readonly cases: number
  readonly seconds: number
  /** How many pages were what: `page`, `frameset` or `fragment`. */
  readonly kinds: Readonly<Record<string, number>>
  /** How many pages met which documented exception. */
  readonly exceptions: Readonly<Partial<Record<Exception, number>>>
  /** Pages all of whose snippets are where parse5 sees their places. */
  readonly exact: number
  readonly failure: Failure | undefined
}

interface Failure {
  readonly seed: number
  readonly number: number
  readonly charset: Charset
  readonly faults: readonly string[]
  /** One character is one byte. */
  readonly page: string
  readonly randomSizes: readonly number[]
  readonly longHeadStart: boolean
}

const PROGRESS_MS = 5_000

export function runFuzz({ seed, cases, seconds = Infinity, onProgress }: FuzzSettings): FuzzResult {
  const beganAt = performance.now()
  const kinds: Record<string, number> = {}
  const exceptions: Partial<Record<Exception, number>> = {}
  let exact = 0
  let done = 0
  let failure: Failure | undefined
  let toldAt = beganAt
  while (done < cases && failure === undefined) {
    const now = performance.now()
    if (now - beganAt > seconds * 1000) break
    if (now - toldAt > PROGRESS_MS) {
      toldAt = now
      onProgress?.(done, (now - beganAt) / 1000)
    }
    const fuzzCase = createCase(seed, done++)
    const judgement = judgeCase(fuzzCase)
    kinds[judgement.kind] = (kinds[judgement.kind] ?? 0) + 1
    for (const exception of judgement.exceptions) exceptions[exception] = (exceptions[exception] ?? 0) + 1
    if (judgement.kind === 'page' && judgement.exceptions.size === 0) exact++
    if (judgement.faults.length > 0) failure = describeFailure(fuzzCase, judgement.faults)
  }
  return { seed, cases: done, seconds: (performance.now() - beganAt) / 1000, kinds, exceptions, exact, failure }
}

/** Smaller pages count only when they show the same fault. */
function describeFailure(fuzzCase: FuzzCase, [first]: readonly string[]): Failure {
  const smallest = shrinkCase(fuzzCase, (candidate) => judgeCase(candidate).faults.includes(first!))
  const { seed, number, charset, pieces, randomSizes, longHeadStart } = smallest
  return {
    seed,
    number,
    charset,
    faults: judgeCase(smallest).faults,
    page: pieces.join(''),
    randomSizes,
    longHeadStart,
  }
}

// Remembers answers for a few seconds, so that a page that is loaded again and again asks nobody more often than once.

/** Among them those of other viewers; the oldest goes first. */
const MAX_ANSWERS = 32

export interface BriefMemory {
  /** What `ask` answers, or answered for the same key less than the life of an answer ago. A failure is not kept. */
  recall<T>(key: string, ask: () => Promise<T>): Promise<T>
}

export function createBriefMemory(lifeMs: number): BriefMemory {
  const answers = new Map<string, { readonly until: number; readonly answer: Promise<unknown> }>()
  return {
    recall<T>(key: string, ask: () => Promise<T>) {
      const known = answers.get(key)
      if (known !== undefined && known.until > performance.now()) return known.answer as Promise<T>
      const answer = ask()
      answers.delete(key)
      answers.set(key, { until: performance.now() + lifeMs, answer })
      const [oldest] = answers.keys()
      if (answers.size > MAX_ANSWERS && oldest !== undefined) answers.delete(oldest)
      answer.catch(() => answers.delete(key))
      return answer
    },
  }
}

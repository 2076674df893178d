// What a test opens is closed when the test ends, the last thing first.

export type OnEnd = (end: () => unknown) => void

/** A test body whose `onEnd` notes what is to be done when it has ended, however it ends. */
export function withEnds(use: (onEnd: OnEnd) => Promise<void>): () => Promise<void> {
  return async () => {
    const ends: (() => unknown)[] = []
    try {
      await use((end) => void ends.unshift(end))
    } finally {
      for (const end of ends) await end()
    }
  }
}

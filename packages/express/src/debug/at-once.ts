// Bounds how much is under way at once.

/** What `work` answers; `undefined`, without having begun it, where too much is under way. */
export type AtOnce = <T>(work: () => Promise<T>) => Promise<T | undefined>

export function createAtOnce(max: number): AtOnce {
  let underWay = 0
  return async (work) => {
    if (underWay >= max) return undefined
    underWay += 1
    try {
      return await work()
    } finally {
      underWay -= 1
    }
  }
}

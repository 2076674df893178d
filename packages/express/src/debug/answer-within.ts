// Waits for a cache provider no longer than a viewer would.
import { toError } from '@facsimile/core'

const DEADLINE_MS = 2_000

/** What `ask` answers within 2 seconds; else, or when it fails, what `otherwise` makes of the reason. */
export async function answerWithin<T, Other>(
  ask: () => Promise<T>,
  otherwise: (reason: string) => Other,
): Promise<T | Other> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not answer within ${DEADLINE_MS} ms.`)), DEADLINE_MS).unref()
  })
  try {
    return await Promise.race([ask(), silence])
  } catch (error) {
    return otherwise(toError(error).message)
  } finally {
    clearTimeout(timer)
  }
}

/** The error that `call` rejects with; fails when it resolves. */
export async function failureOf(call: Promise<unknown>): Promise<Error & { code?: string }> {
  const [outcome] = await Promise.allSettled([call])
  if (outcome.status === 'fulfilled') throw new Error(`resolved to ${JSON.stringify(outcome.value)}`)
  return outcome.reason as Error
}

/** The error that `call` throws at once; fails when it returns. */
export function thrownBy(call: () => unknown): Error & { code?: string } {
  let value: unknown
  try {
    value = call()
  } catch (error) {
    return error as Error
  }
  throw new Error(`returned ${JSON.stringify(value)}`)
}

/** The error that `call` rejects with; fails when it resolves. */
export async function failureOf(call: Promise<unknown>): Promise<Error & { code?: string }> {
  const [outcome] = await Promise.allSettled([call])
  if (outcome.status === 'fulfilled') throw new Error(`resolved to ${JSON.stringify(outcome.value)}`)
  return outcome.reason as Error
}

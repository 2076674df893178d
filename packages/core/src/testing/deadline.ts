// Waits that end: by the clock, by a condition, or by failing.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

/** Settles as `promise` does, or rejects after `timeoutMs` with a sentence on `what` took too long. */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = sleep(timeoutMs, undefined, { signal: done.signal }).then(
    () => assert.fail(`${what} did not end within ${timeoutMs} ms`),
    () => promise,
  )
  try {
    return await Promise.race([promise, late])
  } finally {
    done.abort()
  }
}

/** Resolves once the system clock shows `instant`, in Unix milliseconds, or later. */
export async function waitUntil(instant: number): Promise<void> {
  while (Date.now() < instant) await sleep(instant - Date.now())
}

/** Asks until `holds` answers `true`; after `timeoutMs` fails with `what`. */
export async function eventually(what: string, holds: () => Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await holds())) {
    assert.ok(performance.now() < end, `${what}: not within ${timeoutMs} ms`)
    await sleep(20)
  }
}

// Ends a process that a test has started.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

const DEADLINE_MS = 10_000

/** Asks it to end by SIGTERM, and rejects after 10 s, when it has to be killed. Resolves with its exit code, which a signal has none of. */
export async function endProcess(child: ChildProcess): Promise<number | null> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return child.exitCode
  try {
    const exit = once(child, 'exit', { signal: AbortSignal.timeout(DEADLINE_MS) })
    child.kill('SIGTERM')
    await exit
    return child.exitCode
  } finally {
    child.kill('SIGKILL')
  }
}

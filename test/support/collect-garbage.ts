// Runs the garbage collector, so that a test can tell what is still held from what merely has not been swept up.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

const collectOnce = runInNewContext('gc') as () => void

/** Twice: the memory of buffers is swept up in the background and counts until then, and the next run waits for that. */
export function collectGarbage(): void {
  collectOnce()
  collectOnce()
}

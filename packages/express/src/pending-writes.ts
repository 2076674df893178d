// What an application has written to a response and what waits for its turn, so that it can be told how much that is.
import type { Callback } from './body-arguments.js'

/** Short writes are taken together, up to so many bytes. */
const MOST_JOINED_BYTES = 64 * 1024

export interface Batch {
  readonly bytes: Buffer
  readonly callbacks: readonly Callback[]
}

export class PendingWrites {
  #chunks: Buffer[] = []
  #callbacks: (Callback | undefined)[] = []
  #bytes = 0
  #takenBytes = 0

  /** Bytes that have not been passed on, those included that were taken last. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0
  }

  add(bytes: Buffer, callback: Callback | undefined): void {
    this.#chunks.push(bytes)
    this.#callbacks.push(callback)
    this.#bytes += bytes.length
  }

  /** Takes the next writes; those taken before have been passed on. `undefined` when none waits. */
  take(): Batch | undefined {
    this.#bytes -= this.#takenBytes
    this.#takenBytes = 0
    let count = 0
    for (const chunk of this.#chunks) {
      if (count > 0 && this.#takenBytes + chunk.length > MOST_JOINED_BYTES) break
      this.#takenBytes += chunk.length
      count++
    }
    if (count === 0) return undefined
    const chunks = this.#chunks.splice(0, count)
    const callbacks = this.#callbacks.splice(0, count).filter((callback) => callback !== undefined)
    const [first] = chunks
    return { bytes: first !== undefined && count === 1 ? first : Buffer.concat(chunks, this.#takenBytes), callbacks }
  }

  /** Nothing of it will be passed on. Gives back the callbacks. */
  drop(): readonly Callback[] {
    const callbacks = this.#callbacks.filter((callback) => callback !== undefined)
    this.#chunks = []
    this.#callbacks = []
    this.#bytes = 0
    this.#takenBytes = 0
    return callbacks
  }
}

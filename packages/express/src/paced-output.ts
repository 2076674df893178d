// Hands bytes that are made by and by on to a response, at the pace of its client.
import type { Callback } from './body-arguments.js'
import type { ResponseFront } from './response-front.js'
import type { ResponseMethods } from './response-methods.js'

/** What is given in smaller pieces leaves together, unless it is flushed. */
const PIECE_BYTES = 16 * 1024

export class PacedOutput {
  readonly #methods: ResponseMethods
  readonly #front: ResponseFront
  #ready: Buffer[] = []
  #readyBytes = 0
  #callbacks: Callback[] = []
  #hasLeft = false
  #isClosed = false
  #isStalled = false
  #wake: () => void = () => undefined

  constructor(methods: ResponseMethods, front: ResponseFront) {
    this.#methods = methods
    this.#front = front
  }

  /** Whether the response has been given anything. */
  get hasLeft(): boolean {
    return this.#hasLeft
  }

  /** Whether the client is slower than what is made. */
  get isStalled(): boolean {
    return this.#isStalled
  }

  /** To be called after the bytes that are given next. */
  callBack(callbacks: readonly Callback[]): void {
    this.#callbacks.push(...callbacks)
  }

  /** The bytes leave with what follows. */
  hold(bytes: Buffer): void {
    this.#ready.push(bytes)
    this.#readyBytes += bytes.length
  }

  /** Resolves when there is room for more. */
  async give(bytes: Buffer): Promise<void> {
    this.hold(bytes)
    if (this.#readyBytes < PIECE_BYTES || this.#isClosed) return
    const hasRoom = this.#handOn()
    if (!hasRoom) await this.#room()
  }

  /** What was given leaves. */
  async flush(): Promise<void> {
    if (this.#isClosed) return
    const hasRoom = this.#handOn()
    this.#answer()
    if (!hasRoom) await this.#room()
  }

  /** What was given and has not left does not leave. */
  drop(): void {
    this.#ready = []
    this.#readyBytes = 0
  }

  /** The rest leaves, and the response ends. */
  end(callback: Callback | undefined): void {
    if (this.#isClosed) return
    if (this.#callbacks.length > 0) this.#handOn()
    this.#answer()
    this.#front.pass(() => this.#methods.endWithPieces(this.#ready, callback))
  }

  /** Nothing more leaves. Node tells those who wait to be called back what became of the response. */
  close(callbacks: readonly Callback[]): void {
    this.#isClosed = true
    this.drop()
    for (const callback of [...this.#callbacks.splice(0), ...callbacks]) this.#methods.whenSent(callback)
    this.#wake()
  }

  #handOn(): boolean {
    const pieces = this.#ready
    this.drop()
    if (pieces.length === 0) return true
    this.#hasLeft = true
    // Those who wrap write() sometimes answer nothing.
    const answer: unknown = this.#front.pass(() => this.#methods.writePieces(pieces))
    return answer !== false
  }

  #answer(): void {
    for (const callback of this.#callbacks.splice(0)) {
      this.#front.pass(() => this.#methods.writePieces([], callback))
    }
  }

  async #room(): Promise<void> {
    this.#isStalled = true
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      this.#front.pass(() => this.#methods.whenSent(() => resolve()))
    })
    this.#isStalled = false
  }
}

// What the application sees of a response while some of its bytes are still being made: it ended the response, so that is
// ended; what it wrote waits here, so it is this that must drain.
import { isGone, type Response } from './http-types.js'

const fronts = new WeakMap<Response, ResponseFront>()

const PROPERTIES = ['finished', 'writableEnded', 'writableFinished', 'writableNeedDrain', 'emit'] as const

/** Of a response that was ended and never sent, the application goes on to see just that. */
const GIVEN_UP = {
  finished: { value: true, writable: true, enumerable: true, configurable: true },
  writableEnded: { value: true, configurable: true },
  writableFinished: { value: false, configurable: true },
}

/**
 * One per response, shared by all who make bytes for it. It puts properties of its own on that response alone, and takes
 * them away when the last one leaves, before the response really ends.
 */
export class ResponseFront {
  readonly #res: Response
  /** What the response had of its own. */
  readonly #covered = new Map<string, PropertyDescriptor | undefined>()
  #emit: unknown
  #users = 0
  /** Whether the application has ended the response, and Node has not heard of it yet. */
  #isEnded = false
  #isFinished: boolean
  #needsDrain = false
  #passing = 0

  static join(res: Response): ResponseFront {
    let front = fronts.get(res)
    if (front === undefined) fronts.set(res, (front = new ResponseFront(res)))
    front.#users++
    return front
  }

  private constructor(res: Response) {
    this.#res = res
    this.#isFinished = res.writableEnded
    for (const name of PROPERTIES) this.#covered.set(name, Object.getOwnPropertyDescriptor(res, name))
    this.#cover()
  }

  /** Whether bytes are being handed on to the response at this moment, by whoever makes them. */
  get isPassing(): boolean {
    return this.#passing > 0
  }

  /** Calls what hands bytes on: for Node the response has not ended. */
  pass<T>(handOn: () => T): T {
    this.#passing++
    try {
      return handOn()
    } finally {
      this.#passing--
    }
  }

  end(): void {
    this.#isEnded = true
    // As Node does: what the application has corked leaves now.
    while (this.#res.writableCorked > 0) this.#res.uncork()
  }

  /** The application was told to wait. */
  expectDrain(): void {
    this.#needsDrain = true
  }

  /** What it waited for has gone. */
  drain(): void {
    if (!this.#needsDrain || this.#isEnded) return
    this.#needsDrain = false
    try {
      this.#res.emit('drain')
    } catch (error) {
      // The application's own: it is thrown where Node would throw it, and not at whoever makes the bytes.
      process.nextTick(() => {
        throw error
      })
    }
  }

  leave(): void {
    if (--this.#users > 0) return
    fronts.delete(this.#res)
    this.#uncover()
  }

  #cover(): void {
    const res = this.#res
    // Theirs who replaced it before us, or the class's.
    const emit = res.emit.bind(res) as (...args: unknown[]) => boolean
    const inherited = (name: string): unknown => Reflect.get(Object.getPrototypeOf(res) as object, name, res)
    const hasEnded = () => this.#isFinished || (this.#isEnded && this.#passing === 0)
    const descriptors: Record<(typeof PROPERTIES)[number], PropertyDescriptor> = {
      finished: { get: hasEnded, set: (value: boolean) => (this.#isFinished = value) },
      writableEnded: { get: hasEnded },
      writableFinished: { get: () => this.#isFinished && inherited('writableFinished') },
      writableNeedDrain: { get: () => this.#needsDrain && !this.#isEnded && !isGone(res) },
      emit: {
        writable: true,
        value: (event: string, ...args: unknown[]): boolean => !this.#isPremature(event) && emit(event, ...args),
      },
    }
    for (const name of PROPERTIES) {
      Object.defineProperty(res, name, { ...descriptors[name], configurable: true, enumerable: name === 'finished' })
    }
    this.#emit = Object.getOwnPropertyDescriptor(res, 'emit')?.value
  }

  /** Node emits by what it knows: of its own buffer, and of an end that is none yet to a response that gets its socket late. */
  #isPremature(event: string): boolean {
    return (event === 'drain' && this.#needsDrain) || (event === 'prefinish' && !this.#isFinished && this.#users > 0)
  }

  #uncover(): void {
    const res = this.#res
    this.#needsDrain = false
    // Whoever has replaced it since goes on calling ours.
    const names = PROPERTIES.filter((name) => name !== 'emit' || Reflect.get(res, 'emit') === this.#emit)
    const isGivenUp = this.#isEnded && !this.#isFinished && isGone(res)
    for (const name of names) {
      const covered = this.#covered.get(name)
      if (covered === undefined) Reflect.deleteProperty(res, name)
      else Object.defineProperty(res, name, name === 'finished' ? { ...covered, value: this.#isFinished } : covered)
    }
    if (isGivenUp) Object.defineProperties(res, GIVEN_UP)
  }
}

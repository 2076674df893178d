// What can keep the demo from starting, in words for the person at the terminal.

export type DemoErrorCode = 'PORT_INVALID' | 'VARIABLE_INVALID' | 'PORT_IN_USE' | 'LISTEN_FAILED'

/** An error whose message says what happened, the value seen and what to do. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
  readonly code: DemoErrorCode

  constructor(code: DemoErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

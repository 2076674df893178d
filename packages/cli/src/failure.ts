// How a command ends when it could not do what it was asked.

/** 0 is success. 1: the thing asked for failed. 2: the question was wrong (arguments, settings). */
export type FailureCode = 1 | 2

/** What happened, with the value seen, and what to do about it. Printed on standard error as two paragraphs. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly remedy: string
  readonly exitCode: FailureCode

  constructor(exitCode: FailureCode, message: string, remedy: string, options?: { cause?: unknown }) {
    super(message, options)
    this.exitCode = exitCode
    this.remedy = remedy
  }
}

/** The arguments or the settings are wrong: exit code 2. */
export function usageFailure(message: string, remedy: string, options?: { cause?: unknown }): CommandFailure {
  return new CommandFailure(2, message, remedy, options)
}

/** The thing asked for did not succeed: exit code 1. */
export function failure(message: string, remedy: string, options?: { cause?: unknown }): CommandFailure {
  return new CommandFailure(1, message, remedy, options)
}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name)
}

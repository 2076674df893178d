// The logger that Facsimile writes to, in the shape that pino, console and most others share.
import { inspect } from 'node:util'

type LogMethod = (fields: object, message: string) => void

export interface Logger {
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
}

/**
 * Writes to the user's logger if there is one. A logger that throws or rejects costs its own line and nothing else; the
 * process is warned of it once.
 */
export function createSafeLogger(logger: Logger | undefined): Logger {
  let hasWarned = false

  function warn(error: unknown): void {
    if (hasWarned) return
    hasWarned = true
    const reason = error instanceof Error ? error.message : inspect(error)
    process.emitWarning(`The logger given to Facsimile failed, and its lines are lost: ${reason}`, {
      code: 'FACSIMILE_LOGGER',
    })
  }

  const write = (level: keyof Logger) => (fields: object, message: string) => {
    try {
      const answer: unknown = logger?.[level](fields, message)
      if (answer instanceof Promise) answer.catch(warn)
    } catch (error) {
      warn(error)
    }
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

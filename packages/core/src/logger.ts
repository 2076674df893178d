// The logger that Facsimile writes to, in the shape that pino, console and most others share.

type LogMethod = (fields: object, message: string) => void

export interface Logger {
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
}

/** Writes to the user's logger if there is one; a logger that throws costs its own line and nothing else. */
export function createSafeLogger(logger: Logger | undefined): Logger {
  const write = (level: keyof Logger) => (fields: object, message: string) => {
    try {
      logger?.[level](fields, message)
    } catch (error) {
      process.emitWarning(`The logger given to Facsimile failed: ${String(error)}`, { code: 'FACSIMILE_LOGGER' })
    }
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

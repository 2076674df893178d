// What a long command is at: one line on a terminal, which is gone when the command has something to say.
import type { Io } from './io.js'

const CLEARED = '\r\x1b[2K'

export interface Progress {
  readonly say: (step: string) => void
  readonly end: () => void
}

/** Says nothing where standard error is no terminal that can clear a line. Steps are short, and our own words. */
export function startProgress({ stderr, env }: Io): Progress {
  if (stderr.isTTY !== true || env['TERM'] === 'dumb') return { say: () => undefined, end: () => undefined }
  return {
    say: (step) => stderr.write(`${CLEARED}${step}…`),
    end: () => stderr.write(CLEARED),
  }
}

// Runs a program to its end and answers what came of it; a program that is missing or fails is an answer too.
import { execFile } from 'node:child_process'

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024

/**
 * `{ succeeded, output, errorOutput, reason }`: what it wrote to standard output and to standard error, and why it
 * failed, with the last lines that it wrote. Rejects only when `signal` aborts.
 */
export function execute(command, args, { timeoutMs, env, cwd, signal }) {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, env, cwd, signal, maxBuffer: MAX_OUTPUT_BYTES }
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ succeeded: true, output: stdout, errorOutput: stderr })
      else if (signal?.aborted) reject(error)
      else {
        const reason = explain(error, stderr || stdout, timeoutMs)
        resolve({ succeeded: false, output: stdout, errorOutput: stderr, reason })
      }
    })
  })
}

function explain(error, text, timeoutMs) {
  if (error.code === 'ENOENT') return 'not found'
  const what = error.killed ? `no end within ${timeoutMs} ms` : `status ${error.code ?? error.signal}`
  const lines = lastLines(text, 5)
  return lines === '' ? what : `${what}:\n${lines}`
}

/** The last lines of a text, each set in by four spaces. */
export function lastLines(text, count) {
  const lines = text.trimEnd().split('\n').slice(-count)
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => `    ${line}`)
    .join('\n')
}

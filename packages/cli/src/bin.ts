#!/usr/bin/env node
// The `facsimile` command: hands this process to the program and its exit code back.
import { runProgram } from './program.js'

// `facsimile … | head` closes our output early; that is the reader's choice and no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const exitCode = await runProgram(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
})

// A module of settings may have opened something that never ends. What was written is written first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)))

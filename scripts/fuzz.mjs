// `npm run fuzz`: generated pages through the inserter, judged by parse5, for as long as one likes.
import { register } from 'node:module'
import { USAGE, UsageError, parseOptions } from './fuzz/options.mjs'
import { render, renderProgress } from './fuzz/report.mjs'
import { prepare } from './prepare.mjs'

const log = (line) => console.error(line)

try {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) console.log(USAGE)
  else await fuzz(options)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  log(error.message)
  process.exitCode = 2
}

async function fuzz({ seed, cases, seconds, json }) {
  prepare()
  register('./fuzz/typescript-hooks.mjs', import.meta.url)
  const { runFuzz } = await import('../test/fuzz/run.ts')
  const { EXCEPTIONS } = await import('../test/fuzz/oracle.ts')
  log(`Seed ${seed}, ${cases} cases.`)
  const result = runFuzz({ seed, cases, seconds, onProgress: (done, spent) => log(renderProgress(done, cases, spent)) })
  console.log(json ? JSON.stringify(result, null, 2) : render(result, EXCEPTIONS))
  if (result.failure !== undefined) process.exitCode = 1
}

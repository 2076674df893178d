// `npm run soak`: whether anything is left behind after many thousands of requests of all kinds, and every page was right.
import { prepare } from './prepare.mjs'
import { judge } from './soak/bars.mjs'
import { USAGE, UsageError, parseOptions } from './soak/options.mjs'
import { render } from './soak/report.mjs'
import { soak } from './soak/soak.mjs'

const log = (line) => console.error(line)

try {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) console.log(USAGE)
  else await run(options)
} catch (error) {
  log(error instanceof UsageError ? error.message : error.stack)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

async function run(options) {
  prepare()
  const measured = await soak(options, log)
  const bars = judge(measured)
  console.log(options.json ? JSON.stringify({ options, bars, ...measured }, null, 2) : render(measured, bars))
  if (bars.some(({ isMissed }) => isMissed)) process.exitCode = 1
}

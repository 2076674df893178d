// `npm run test:rules`: breaks each rule of docs/rules.md once, in a copy of the project, and asks its tests to fail.
import { constants } from 'node:os'
import { breakRules } from './break-rules/break-rules.mjs'
import { CHANGES } from './break-rules/changes.mjs'
import { USAGE, UsageError, parseOptions } from './break-rules/options.mjs'
import { prepare, root } from './prepare.mjs'

/* global AbortController */

const log = (line) => console.log(line)
const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interruption.abort(name))

try {
  const options = parseOptions(
    process.argv.slice(2),
    CHANGES.map(({ rule }) => rule),
  )
  if (options.help) log(USAGE)
  else await run(options)
} catch (error) {
  if (interruption.signal.aborted) process.exitCode = 128 + constants.signals[interruption.signal.reason]
  else {
    console.error(error.message)
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
}

async function run({ rules }) {
  prepare({ build: false })
  const changes = CHANGES.filter(({ rule }) => rules.includes(rule))
  const unseen = await breakRules(root, changes, log, interruption.signal)
  if (unseen.length === 0) return log(`${changes.length} broken, each seen by its tests.`)
  throw new Error(
    `Rule ${unseen.join(', ')}: broken, and the tests that docs/rules.md names pass. Write one that fails, or name it there.`,
  )
}

// Breaks one rule after another in a copy of the project and looks whether its tests see it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyProject } from './copy.mjs'
import { testsOf } from './rule-tests.mjs'
import { runTests } from './run-tests.mjs'

/** Answers the numbers of the rules whose tests passed. Rejects when a change no longer applies, or `signal` aborts. */
export async function breakRules(root, changes, log, signal) {
  const table = readFileSync(join(root, 'docs/rules.md'), 'utf8')
  const steps = changes.map((change) => ({
    ...change,
    tests: testsOf(change.rule, table),
    text: brokenText(root, change),
  }))
  const { folder, remove } = copyProject(root)
  try {
    await requireWhole(folder, [...new Set(steps.flatMap(({ tests }) => tests))], log, signal)
    const unseen = []
    for (const [index, step] of steps.entries()) {
      const seen = await breakRule(folder, step, signal)
      log(`${index + 1}/${steps.length}  rule ${step.rule} (${step.what}): ${seen ?? 'NOT SEEN, its tests pass'}`)
      if (seen === undefined) unseen.push(step.rule)
    }
    return unseen
  } finally {
    remove()
  }
}

/** What the file is with the change made. */
function brokenText(root, { rule, file, from, to }) {
  const text = readFileSync(join(root, file), 'utf8')
  const count = text.split(from).length - 1
  if (count === 1) return text.replace(from, () => to)
  throw new Error(
    `Rule ${rule} cannot be broken: ${file} has ${JSON.stringify(from)} ${count} times in place of once. ` +
      'Correct its change in scripts/break-rules/changes.mjs.',
  )
}

/** Tests that fail anyway would see nothing. A machine that does other work may fail one, but hardly the same twice. */
async function requireWhole(folder, tests, log, signal) {
  const { failedFiles, passed } = await runTests(folder, tests, signal)
  const { failed } = failedFiles.length === 0 ? { failed: [] } : await runTests(folder, failedFiles, signal)
  if (failed.length > 0)
    throw new Error(`Tests fail though no rule is broken yet, so they can show nothing:\n  ${failed.join('\n  ')}`)
  log(`Nothing broken: ${passed} tests pass.`)
}

/** Says which test failed, of how many; `undefined` when none did. */
async function breakRule(folder, { rule, file, tests, text }, signal) {
  const path = join(folder, file)
  const whole = readFileSync(path)
  writeFileSync(path, text)
  try {
    const { failed, passed, unloaded } = await runTests(folder, tests, signal)
    if (unloaded !== undefined)
      throw new Error(
        `Rule ${rule}: with its change to ${file} no test can run, which shows nothing. ` +
          `Correct the change in scripts/break-rules/changes.mjs.\n${unloaded}`,
      )
    return failed.length === 0 ? undefined : `${failed.length} of ${failed.length + passed} fail: ${failed[0]}`
  } finally {
    writeFileSync(path, whole)
  }
}

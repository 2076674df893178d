// Runs test files of the copy with jest and answers what came of each test.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { execute } from '../services/execute.mjs'

/** A broken page may leave tests waiting: so long they may wait altogether. */
const TIMEOUT_MS = 10 * 60_000

/**
 * `failed` names tests, and files that jest gave up as a whole; `failedFiles` are theirs; `passed` counts tests;
 * `unloaded` says why not a single test could run, where that is so. Rejects when jest leaves no result, or `signal`
 * aborts.
 */
export async function runTests(folder, tests, signal) {
  const resultFile = join(folder, 'result.json')
  rmSync(resultFile, { force: true })
  const args = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(folder, 'node_modules/jest/bin/jest.js'),
    '--ci',
    '--silent',
    '--json',
    `--outputFile=${resultFile}`,
    '--runTestsByPath',
    ...tests,
  ]
  const { reason } = await execute(process.execPath, args, { cwd: folder, timeoutMs: TIMEOUT_MS, signal })
  if (!existsSync(resultFile)) throw new Error(`${tests.join(', ')}: no result, ${reason}`)
  return readResult(JSON.parse(readFileSync(resultFile, 'utf8')), folder)
}

function readResult({ testResults, numPassedTests, numFailedTests }, folder) {
  const failures = testResults.filter(({ status }) => status === 'failed')
  const givenUp = failures.filter(({ assertionResults }) => assertionResults.length === 0)
  const failed = failures.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
  )
  const pathOf = ({ name }) => relative(folder, name)
  return {
    failed: [...failed, ...givenUp.map(pathOf)],
    failedFiles: failures.map(pathOf),
    passed: numPassedTests,
    unloaded: numPassedTests + numFailedTests === 0 ? (givenUp[0]?.message ?? 'there is none') : undefined,
  }
}

// `npm run fuzz` as it is typed: what it finds, what it says, how it ends.
import { describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseOptions, UsageError } from '../../scripts/fuzz/options.mjs'
import type { FuzzResult } from '../fuzz/run.js'

const ROOT = join(import.meta.dirname, '../..')
const PLANTED_MISTAKE = pathToFileURL(join(import.meta.dirname, 'workers/planted-mistake.mjs')).href
/** Fixed: a failure here is a failure everywhere. */
const SEED = 20_261_122
const CASES = 10_000
const TIMEOUT_MS = 300_000

test(
  `${CASES} pages of seed ${SEED} keep their bytes and get each snippet where parse5 sees its place`,
  async () => {
    const { status, output, told } = await fuzz(['--seed', String(SEED), '--cases', String(CASES), '--json'])
    expect(told).toContain(`Seed ${SEED}, ${CASES} cases.`)
    const { failure, cases, kinds, exact, exceptions } = JSON.parse(output) as FuzzResult
    expect({ failure, cases, status }).toEqual({ failure: undefined, cases: CASES, status: 0 })
    // The generator is there to find mistakes, so it must reach the ordinary case and the exceptions alike.
    expect(exact).toBeGreaterThan(CASES / 2)
    expect(kinds['frameset']).toBeGreaterThan(CASES / 1_000)
    expect(kinds['fragment']).toBeGreaterThan(CASES / 20)
    for (const name of ['content-after-body', 'open-at-end', 'tail-inside-markup', 'late-document'] as const)
      expect({ name, isReached: (exceptions[name] ?? 0) > CASES / 100 }).toEqual({ name, isReached: true })
  },
  TIMEOUT_MS,
)

test(
  'a mistake ends it with status 1 and the smallest page that shows it',
  async () => {
    const { status, output } = await fuzz(['--seed', '1', '--cases', '100'], ['--import', PLANTED_MISTAKE])
    expect(status).toBe(1)
    expect(output).toMatch(/^Case \d+ of seed 1 fails: the page has other bytes/)
    expect(output).toMatch(/^ {2}page \(latin1\): {2}".{0,40}>"$/m)
    expect(output).toMatch(/^Shrunk from: npm run fuzz -- --seed 1 --cases \d+$/m)
  },
  TIMEOUT_MS,
)

test(
  'it counts what it saw, and ends in time',
  async () => {
    const { status, output } = await fuzz(['--seed', '1', '--seconds', '1'])
    expect(status).toBe(0)
    expect(output).toMatch(/^No fault in \d+ cases \(seed 1, 1 s\)\.\n +\d+ {2}pages\n/)
    expect(output).toContain('content-after-body: ')
  },
  TIMEOUT_MS,
)

test('a command line that it does not understand ends it with status 2', async () => {
  const { status, told } = await fuzz(['--cases', 'many'])
  expect({ status, told }).toEqual({
    status: 2,
    told: '--cases is "many"; it takes a whole number from 1 to 1000000000.\n',
  })
})

describe('its options', () => {
  test('are 200 000 cases of a seed that is another one each day', () => {
    const options = parseOptions([], new Date('2026-11-22T23:59:59Z'))
    expect(options).toEqual({ seed: 20_261_122, cases: 200_000, seconds: undefined, json: false, help: false })
  })

  test('are taken as they are written', () => {
    const options = parseOptions(['--seed', '0', '--cases', '7', '--seconds', '60', '--json'])
    expect(options).toEqual({ seed: 0, cases: 7, seconds: 60, json: true, help: false })
  })

  test.each([['--cases', '0'], ['--cases', '1.5'], ['--seed', '-1'], ['--seconds', ''], ['--speed', '9'], ['now']])(
    'are refused where they make no sense: %s %s',
    (...args) => {
      expect(() => parseOptions(args)).toThrow(UsageError)
    },
  )
})

async function fuzz(args: readonly string[], nodeOptions: readonly string[] = []) {
  const child = spawn(process.execPath, [...nodeOptions, join(ROOT, 'scripts/fuzz.mjs'), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let told = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, output, told }
}

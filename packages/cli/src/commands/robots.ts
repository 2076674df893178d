// `facsimile robots`: keeps search engines away from the fetch path (seed: "Preventing crawling of module cache").
import { resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { readBounded } from '../bounded-input.js'
import { failure, reasonOf, usageFailure } from '../failure.js'
import type { Io } from '../io.js'
import { openReplacement } from '../replacement-file.js'
import { checkRobots, type CrawlerVerdict } from '../robots/check.js'
import { robotsPath, robotsPaths } from '../robots/fetch-path.js'
import { mergeRobots, robotsBlock } from '../robots/merge.js'
import {
  conflictFailure,
  describeMerge,
  describeVerdicts,
  nameOf,
  warnAboutGroupsWithoutRules,
} from '../robots/report.js'
import { readFetchSettings } from '../settings-file.js'
import { count, printable } from '../terminal.js'

interface RobotsOptions {
  readonly userAgent?: readonly string[]
  readonly path?: string
  readonly config?: string
  readonly write?: true
  readonly check?: true
  readonly json?: true
}

interface Task {
  readonly io: Io
  readonly file: string
  readonly paths: readonly string[]
  readonly userAgents: readonly string[] | undefined
  readonly json: boolean
}

/** What every crawler is bound to read (RFC 9309, 2.5); a rule behind it may be lost. */
const MAX_ROBOTS_BYTES = 500 * 1024
const PUBLIC_FILE_MODE = 0o666
const USER_AGENT = /^(?:\*|[\w.!+-]+(?:[ /][\w.!+-]+)*)$/

const HELP = `
Without --write or --check it prints the lines to put into robots.txt.
The path is --path, else fetchPath (and the path of fetchUrl) in the settings, else /facsimile.

Examples:
  facsimile robots                            print the two lines
  facsimile robots --write public/robots.txt  merge them into that file, or make it
  facsimile robots --check public/robots.txt  who may still fetch the stored pages?
  curl -s https://www.example.com/robots.txt | facsimile robots --check -`

export function addRobotsCommand(program: Command, io: Io): void {
  program
    .command('robots')
    .summary('print, merge or check the robots.txt rule for the fetch path')
    .description('Keeps crawlers of search engines away from the path at which stored pages are fetched.')
    .argument('[file]', 'the robots.txt; - reads standard input and writes standard output (default: ./robots.txt)')
    .option(
      '-u, --user-agent <name>',
      'a crawler to keep out; may be repeated (default: * and all that the file names)',
      collectUserAgent,
    )
    .option('-p, --path <path>', 'the fetch path')
    .option('-c, --config <file>', 'settings: .json, or .js/.mjs with a default export (default: facsimile.config.*)')
    .addOption(
      new Option('-w, --write', 'merge the rule into the file; lines that are there stay as they are').conflicts(
        'check',
      ),
    )
    .addOption(new Option('--check', 'exit 1 when a crawler may still fetch a stored page, and say which and why'))
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (file: string | undefined, options: RobotsOptions) => runRobots(io, file, options))
}

async function runRobots(io: Io, file: string | undefined, options: RobotsOptions): Promise<void> {
  const paths =
    options.path === undefined ? await pathsFromSettings(io, options.config) : [robotsPath(options.path, '--path')]
  const task = { io, file: file ?? 'robots.txt', paths, userAgents: options.userAgent, json: options.json === true }
  if (options.check === true) return checkFile(task)
  if (options.write === true) return writeFile(task)
  printBlock(task)
  if (file !== undefined && file !== '-')
    io.stderr.write(`${file} was not looked at: add --write to merge these lines into it, --check to check it.\n`)
}

async function pathsFromSettings(io: Io, config: string | undefined): Promise<readonly string[]> {
  const settings = await readFetchSettings(io, config)
  const paths = robotsPaths(settings)
  if (settings.fetchUrl !== undefined) {
    io.stderr.write(
      `fetchUrl is ${printable(settings.fetchUrl)}: every host that it names needs this rule in its own robots.txt.\n`,
    )
  }
  return paths
}

function printBlock({ io, paths, userAgents = ['*'], json }: Task): void {
  const block = robotsBlock(userAgents, paths)
  io.stdout.write(json ? toJson({ paths, userAgents, robots: block }) : block)
}

async function writeFile(task: Task): Promise<void> {
  const { io, file, paths, json } = task
  const original = (await readRobots(task)) ?? Buffer.alloc(0)
  const merge = mergeRobots(original, task)
  const isChanged = merge.added.length > 0 && merge.conflicts.length === 0
  if (isChanged && file !== '-') await replaceFile(resolve(io.cwd, file), merge.bytes)
  if (json)
    io.stdout.write(
      toJson({ file, paths, changed: isChanged, added: isChanged ? merge.added : [], conflicts: merge.conflicts }),
    )
  if (merge.conflicts.length > 0) throw conflictFailure(file, merge.conflicts)
  if (file === '-' && !json) io.stdout.write(merge.bytes)
  io.stderr.write(describeMerge(file, paths, merge))
  warnAboutGroupsWithoutRules(io, file, merge.bytes)
}

async function checkFile(task: Task): Promise<void> {
  const { io, file, paths, userAgents, json } = task
  const bytes = await readRobots(task)
  if (bytes === undefined)
    throw failure(
      `there is no ${JSON.stringify(file)}, so every crawler may fetch ${paths.join(' and ')}`,
      `Make it with: facsimile robots --write ${file}`,
    )
  const verdicts = checkRobots(bytes, paths, userAgents)
  const open = verdicts.filter((verdict) => verdict.isAllowed)
  io.stdout.write(
    json
      ? toJson({ file, paths, ok: open.length === 0, verdicts: verdicts.map(toJsonVerdict) })
      : describeVerdicts(io, file, paths, verdicts),
  )
  warnAboutGroupsWithoutRules(io, file, bytes)
  if (open.length === 0) return
  const names = [...new Set(open.map((verdict) => verdict.userAgent))]
  const listed = names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
  throw failure(
    `${nameOf(file)} lets ${count(names.length, 'crawler')} fetch stored pages: ${listed}`,
    `Add what is missing with: facsimile robots --write ${file === '-' ? '<file>' : file}`,
  )
}

/** `undefined` when there is no such file. */
async function readRobots({ io, file }: Task): Promise<Buffer | undefined> {
  let bytes: Buffer | undefined
  try {
    bytes = await readBounded(io, file, MAX_ROBOTS_BYTES)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw failure(
      `cannot read ${JSON.stringify(file)}: ${reasonOf(cause)}`,
      'Name a robots.txt that you may read, or - for standard input.',
      { cause },
    )
  }
  if (bytes === undefined)
    throw failure(
      `${nameOf(file)} is longer than ${MAX_ROBOTS_BYTES} bytes`,
      'Crawlers may stop reading there (RFC 9309, 2.5). Make it shorter.',
    )
  if (bytes.includes(0))
    throw failure(
      `${nameOf(file)} holds zero bytes, so it is UTF-16 or no text at all`,
      'Crawlers read UTF-8. Save it as UTF-8 and call again.',
    )
  return bytes
}

async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  const replacement = await openReplacement(path, PUBLIC_FILE_MODE)
  await replacement.commit(bytes)
}

function collectUserAgent(name: string, previous: readonly string[] = []): readonly string[] {
  if (name.length > 100 || !USER_AGENT.test(name)) {
    throw usageFailure(
      `--user-agent ${JSON.stringify(name)} is no crawler's name`,
      'Give the name alone, such as Googlebot, or * for all.',
    )
  }
  return [...previous, name]
}

function toJsonVerdict({ userAgent, path, isAllowed, line, rule }: CrawlerVerdict) {
  return { userAgent, path, allowed: isAllowed, line: line ?? null, rule: rule ?? null }
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

// Adds the rule to an existing robots.txt: as few lines as it takes, and none of the file's own lines changed.
import { createJudge, type Judge, type Verdict } from './verdict.js'
import {
  agentKey,
  parseRobotsFile,
  addedLine,
  serializeRobots,
  type RobotsFile,
  type RobotsLine,
} from './robots-file.js'

export interface MergeRequest {
  /** Paths in the spelling of a rule. */
  readonly paths: readonly string[]
  /** The crawlers to keep out; without them `*` and every crawler that the file names. */
  readonly userAgents: readonly string[] | undefined
}

interface AddedLine {
  /** From 1, in the file as it is afterwards. */
  readonly line: number
  readonly text: string
}

/** A rule of the file that goes on admitting a crawler whatever is added, because the longer rule wins. */
export interface Conflict {
  readonly userAgent: string
  readonly path: string
  /** From 1, in the file as it was. */
  readonly line: number | undefined
  readonly text: string
}

export interface Merge {
  readonly bytes: Buffer
  readonly added: readonly AddedLine[]
  /** When there are any, `bytes` must not be written. */
  readonly conflicts: readonly Conflict[]
}

/** The whole text of a robots.txt that keeps these crawlers from these paths, and says nothing else. */
export function robotsBlock(userAgents: readonly string[], paths: readonly string[]): string {
  return blockLines(userAgents, paths)
    .map((line) => `${line}\n`)
    .join('')
}

/** Merging what has been merged changes nothing. */
export function mergeRobots(original: Buffer, { paths, userAgents }: MergeRequest): Merge {
  const file = parseRobotsFile(original)
  const targets = userAgents ?? crawlersOf(file)
  const before = judgeOf(file.mark, file.lines)

  const lines = withGroupRules(file, targets, paths, before)
  const between = judgeOf(file.mark, lines)
  const left = targets.filter((userAgent) => openPaths(between, userAgent, paths).length > 0)
  const finished = left.length === 0 ? lines : withNewGroups(file, lines, left, paths, between)

  const after = judgeOf(file.mark, finished)
  return {
    bytes: serializeRobots(file.mark, finished),
    added: finished.flatMap((line, at) => (line.isAdded && line.raw !== '' ? [{ line: at + 1, text: line.raw }] : [])),
    conflicts: targets.flatMap((userAgent) =>
      openPaths(after, userAgent, paths).map((path) => conflictOf(file, finished, after.judge(userAgent, path))),
    ),
  }
}

function openPaths(judge: Judge, userAgent: string, paths: readonly string[]): readonly string[] {
  return paths.filter((path) => judge.judge(userAgent, path).isAllowed)
}

/** `*` and every crawler that the file names, each once. */
export function crawlersOf(file: RobotsFile): readonly string[] {
  const byKey = new Map([['*', '*']])
  for (const userAgent of file.groups.flatMap((group) => group.userAgents)) {
    if (!byKey.has(agentKey(userAgent))) byKey.set(agentKey(userAgent), userAgent)
  }
  return [...byKey.values()]
}

/** The rule goes first in its group, right after the names, so that crawlers that obey the first match obey it too. */
function withGroupRules(
  file: RobotsFile,
  targets: readonly string[],
  paths: readonly string[],
  judge: Judge,
): readonly RobotsLine[] {
  const targetKeys = new Set(targets.map(agentKey))
  const served = new Set<string>()
  const rulesAfter = new Map<number, readonly RobotsLine[]>()
  for (const { userAgents, lastRun, lastAgentAt } of file.groups) {
    // A crawler without rules of its own obeys `*`; a rule here would free it from all the others there.
    if (lastRun.some((name) => isFollower(name, judge))) continue
    const keys = userAgents.map(agentKey).filter((key) => targetKeys.has(key))
    const isOpen = (path: string) =>
      keys.some((key) => !served.has(`${key} ${path}`) && judge.judge(key, path).isAllowed)
    const missing = paths.filter(isOpen)
    for (const path of missing) for (const key of keys) served.add(`${key} ${path}`)
    rulesAfter.set(
      lastAgentAt,
      missing.map((path) => addedLine(disallow(path), file.ending)),
    )
  }
  return file.lines.flatMap((line, at) => {
    const rules = rulesAfter.get(at) ?? []
    return rules.length === 0 ? [line] : [ended(line, file.ending), ...rules]
  })
}

function isFollower(userAgent: string, judge: Judge): boolean {
  return agentKey(userAgent) !== '*' && judge.obeysStar(userAgent)
}

/**
 * New groups at the end. A crawler that obeyed `*` until now needs none when `*` gets one; otherwise it takes the
 * rules of `*` along, or its own group would free it from them.
 */
function withNewGroups(
  file: RobotsFile,
  lines: readonly RobotsLine[],
  userAgents: readonly string[],
  paths: readonly string[],
  judge: Judge,
): readonly RobotsLine[] {
  const others = userAgents.filter((userAgent) => !isFollower(userAgent, judge))
  const followers = others.includes('*') ? [] : userAgents.filter((userAgent) => isFollower(userAgent, judge))
  const starMembers = file.groups
    // Of the last run alone, as the judge reads it: what it lets crawlers fetch stays the same.
    .filter((group) => group.lastRun.some((name) => agentKey(name) === '*'))
    .flatMap((group) => group.members)

  const block = (names: readonly string[]) => blockLines(names, paths).map((text) => addedLine(text, file.ending))
  const copies = starMembers.map((line) => addedLine(line.raw.replace(/#.*/, '').trim(), file.ending, line.number))
  const blocks: (readonly RobotsLine[])[] = []
  if (others.length > 0) blocks.push(block(others))
  if (followers.length > 0) blocks.push([...block(followers), ...copies])
  return insertBlocks(file, lines, blocks)
}

function insertBlocks(
  file: RobotsFile,
  lines: readonly RobotsLine[],
  blocks: readonly (readonly RobotsLine[])[],
): readonly RobotsLine[] {
  const at = placeForGroups(file, lines)
  const head = lines.slice(0, at).map((line, index) => (index === at - 1 ? ended(line, file.ending) : line))
  const tail = lines.slice(at)
  const blank = addedLine('', file.ending)
  const added = blocks.flatMap((block) => [blank, ...block])
  const isSeparate = head.length === 0 || head.at(-1)?.raw.trim() === ''
  return [...head, ...(isSeparate ? added.slice(1) : added), ...(tail.length > 0 ? [blank] : []), ...tail]
}

/** The end of the file; before a last group without rules, which would otherwise run into ours. */
function placeForGroups(file: RobotsFile, lines: readonly RobotsLine[]): number {
  const last = file.groups.at(-1)
  if (last === undefined || last.rules.length > 0) return lines.length
  let at = lines.findIndex((line) => line.number === last.firstAgentAt + 1)
  if (lines.slice(at).some((line) => line.isAdded)) return lines.length
  while (lines[at - 1]?.raw.trimStart().startsWith('#') === true) at -= 1
  return at
}

function conflictOf(file: RobotsFile, lines: readonly RobotsLine[], { userAgent, path, line: at }: Verdict): Conflict {
  const line = at === undefined ? undefined : lines[at - 1]?.number
  const raw = line === undefined ? '' : (file.lines[line - 1]?.raw ?? '')
  return { userAgent, path, line, text: Buffer.from(raw, 'latin1').toString().trim() }
}

function blockLines(userAgents: readonly string[], paths: readonly string[]): string[] {
  return [...userAgents.map((userAgent) => `User-agent: ${userAgent}`), ...paths.map(disallow)]
}

function disallow(path: string): string {
  return `Disallow: ${path}`
}

function ended(line: RobotsLine, ending: string): RobotsLine {
  return line.ending === '' ? { ...line, ending } : line
}

function judgeOf(mark: string, lines: readonly RobotsLine[]): Judge {
  return createJudge(serializeRobots(mark, lines).toString())
}

// A robots.txt taken apart into its lines and groups (RFC 9309, 2.1), byte for byte.

export interface RobotsLine {
  /** The bytes of the line without its ending, one character (U+0000 to U+00FF) each. */
  readonly raw: string
  /** `\r\n`, `\n`, `\r`, or nothing at the end of the file. */
  readonly ending: string
  /** From 1, in the file that was read: the place of this line, or of the line that it repeats. */
  readonly number: number | undefined
  readonly isAdded: boolean
  /** What stands before the colon, in small letters; `undefined` without a colon. */
  readonly field: string | undefined
  readonly value: string
}

/** A run of user-agent lines and the rules behind it. What is no rule (a Sitemap, a comment) may stand anywhere. */
interface RobotsGroup {
  /** As the file spells them. */
  readonly userAgents: readonly string[]
  /** Those after the last line of another kind: where a crawl-delay or a Sitemap stands between names, readers differ. */
  readonly lastRun: readonly string[]
  /** Positions in `lines`, from 0. */
  readonly firstAgentAt: number
  readonly lastAgentAt: number
  /** Its allow and disallow lines. */
  readonly rules: readonly RobotsLine[]
  /** Its rules and whatever else is meant for these crawlers alone (crawl-delay), in order. */
  readonly members: readonly RobotsLine[]
}

export interface RobotsFile {
  /** The bytes of a UTF-8 byte order mark, or nothing. */
  readonly mark: string
  readonly lines: readonly RobotsLine[]
  readonly groups: readonly RobotsGroup[]
  /** How this file ends its lines; a line feed where it has none yet. */
  readonly ending: string
}

const RULES = new Set(['allow', 'disallow'])
const UTF8_MARK = '\xef\xbb\xbf'

export function parseRobotsFile(bytes: Buffer): RobotsFile {
  const text = bytes.toString('latin1')
  const mark = text.startsWith(UTF8_MARK) ? UTF8_MARK : ''
  const lines = Array.from(text.slice(mark.length).matchAll(/([^\r\n]*)(\r\n|\n|\r|$)/g))
    .filter(([whole]) => whole !== '')
    .map(([, raw = '', ending = ''], index) => readLine(raw, ending, index + 1))
  return { mark, lines, groups: groupsOf(lines), ending: lines.find((line) => line.ending !== '')?.ending ?? '\n' }
}

/** The bytes of a file whose lines are these. */
export function serializeRobots(mark: string, lines: readonly RobotsLine[]): Buffer {
  return Buffer.from(mark + lines.map((line) => line.raw + line.ending).join(''), 'latin1')
}

/** A line to add; `number` when it repeats one of the file. */
export function addedLine(raw: string, ending: string, number?: number): RobotsLine {
  return { ...readLine(raw, ending, 0), number, isAdded: true }
}

function readLine(raw: string, ending: string, number: number): RobotsLine {
  const meaning = Buffer.from(raw, 'latin1').toString().replace(/#.*/s, '')
  const colonAt = meaning.indexOf(':')
  const field = meaning.slice(0, Math.max(0, colonAt)).trim().toLowerCase()
  const value = field === '' ? '' : meaning.slice(colonAt + 1).trim()
  return { raw, ending, number, isAdded: false, field: field === '' ? undefined : field, value }
}

/** The name by which a crawler is known: in small letters, without a version. */
export function agentKey(userAgent: string): string {
  return userAgent.toLowerCase().replace(/\/.*/s, '').trim()
}

/**
 * The crawlers that are named, but in no group with a rule, and the line (from 1) of their name. RFC 9309 lets such a
 * crawler fetch everything; many crawlers read it as if it were not named and obey `*`.
 */
export function crawlersWithoutRules(file: RobotsFile): readonly { userAgent: string; line: number }[] {
  const ruled = new Set(
    file.groups.filter((group) => group.members.length > 0).flatMap((group) => group.userAgents.map(agentKey)),
  )
  return file.groups
    .filter((group) => group.members.length === 0)
    .flatMap((group) => group.userAgents.map((userAgent) => ({ userAgent, line: group.lastAgentAt + 1 })))
    .filter(({ userAgent }) => !ruled.has(agentKey(userAgent)))
}

interface GrowingGroup extends RobotsGroup {
  userAgents: string[]
  lastRun: string[]
  lastAgentAt: number
  rules: RobotsLine[]
  members: RobotsLine[]
}

function groupsOf(lines: readonly RobotsLine[]): readonly RobotsGroup[] {
  const groups: GrowingGroup[] = []
  let group: GrowingGroup | undefined
  let isRunOpen = false
  for (const [at, line] of lines.entries()) {
    if (line.field === undefined) continue
    if (line.field === 'user-agent') {
      if (group === undefined || group.rules.length > 0) {
        group = { userAgents: [], lastRun: [], firstAgentAt: at, lastAgentAt: at, rules: [], members: [] }
        groups.push(group)
      }
      if (!isRunOpen) group.lastRun = []
      if (line.value !== '') {
        group.userAgents.push(line.value)
        group.lastRun.push(line.value)
      }
      group.lastAgentAt = at
    }
    if (RULES.has(line.field)) group?.rules.push(line)
    if (RULES.has(line.field) || line.field === 'crawl-delay') group?.members.push(line)
    isRunOpen = line.field === 'user-agent'
  }
  return groups
}

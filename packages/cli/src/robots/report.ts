// What `facsimile robots` tells people about a robots.txt.
import { failure, type CommandFailure } from '../failure.js'
import type { Io } from '../io.js'
import { count, createStyles, printable } from '../terminal.js'
import type { CrawlerVerdict } from './check.js'
import type { Conflict, Merge } from './merge.js'
import { crawlersWithoutRules, parseRobotsFile } from './robots-file.js'

/** How messages call the file. */
export function nameOf(file: string): string {
  return file === '-' ? 'standard input' : printable(file)
}

export function describeMerge(file: string, paths: readonly string[], { added }: Merge): string {
  const name = nameOf(file)
  if (added.length === 0) return `${name} keeps crawlers away from ${paths.join(' and ')} already; nothing changed.\n`
  const lines = added.map(
    ({ line, text }) => `  ${name}:${line}: + ${printable(Buffer.from(text, 'latin1').toString())}\n`,
  )
  return `${count(added.length, 'line')} added to ${name}:\n${lines.join('')}`
}

export function conflictFailure(file: string, conflicts: readonly Conflict[]): CommandFailure {
  const told = conflicts.map(
    ({ userAgent, path, line, text }) =>
      `${nameOf(file)}:${line ?? '?'}: ${JSON.stringify(text)} goes on letting ${userAgent} fetch ${path}`,
  )
  return failure(
    `a rule of the file is stronger than "Disallow", so nothing was changed\n${[...new Set(told)].join('\n')}`,
    'Of all rules that match, a crawler obeys the longest, and of two of one length the Allow. Take that line out, or make it shorter, and call again.',
  )
}

/** One line for each crawler that the file names, one for each other that gets through, and one for all the rest. */
export function describeVerdicts(
  io: Io,
  file: string,
  paths: readonly string[],
  verdicts: readonly CrawlerVerdict[],
): string {
  const styles = createStyles(io)
  const shown = verdicts.filter((verdict) => verdict.isNamed || (verdict.isAllowed && !obeysSame(verdict, verdicts)))
  const width = Math.max(...shown.map(({ userAgent }) => printable(userAgent).length))
  const rows = shown.map((verdict) => {
    const mark = verdict.isAllowed ? styles.bad('✗') : styles.good('✓')
    const word = verdict.isAllowed ? styles.bad('may fetch') : 'kept out '
    const path = paths.length > 1 ? ` ${verdict.path}` : ''
    return `  ${mark} ${printable(verdict.userAgent).padEnd(width)}  ${word}${path}  ${styles.faint(reasonFor(verdict))}\n`
  })
  const others = new Set(
    verdicts.filter((verdict) => !verdict.isNamed && !shown.includes(verdict)).map(({ userAgent }) => userAgent),
  )
  const rest =
    others.size === 0
      ? ''
      : `    ${styles.faint(`and ${others.size} well-known crawlers that are not named in the file, so obey *`)}\n`
  return `${styles.title(`${nameOf(file)} and ${paths.join(', ')}`)}\n${rows.join('')}${rest}`
}

/** A crawler that is not named has the verdict of `*`. */
function obeysSame(verdict: CrawlerVerdict, verdicts: readonly CrawlerVerdict[]): boolean {
  return verdicts.some(
    (star) =>
      star.userAgent === '*' &&
      star.path === verdict.path &&
      star.isAllowed === verdict.isAllowed &&
      star.line === verdict.line,
  )
}

function reasonFor({ line, rule, isAllowed }: CrawlerVerdict): string {
  if (line === undefined) return isAllowed ? 'no rule that it obeys speaks of this path' : ''
  return `line ${line}: ${printable(rule ?? '')}`
}

export function warnAboutGroupsWithoutRules(io: Io, file: string, bytes: Buffer): void {
  for (const { userAgent, line } of crawlersWithoutRules(parseRobotsFile(bytes))) {
    io.stderr.write(
      `warning: ${nameOf(file)}:${line}: ${printable(userAgent)} is named without a rule; some crawlers read that as "may fetch everything". Give it a rule or take the line out.\n`,
    )
  }
}

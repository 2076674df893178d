// What `facsimile explain` found out, for people on one screen and as JSON. Tokens are masked in both.
import type { HttpAnswer } from '../crawl/http-request.js'
import {
  answerToJson,
  describeAnswer,
  describeDifference,
  describeFetchUrl,
  differenceToJson,
  fetchUrlToJson,
} from '../crawl/report.js'
import type { Io } from '../io.js'
import { count, createStyles, printable, type Styles } from '../terminal.js'
import { showUrl } from '../crawl/shown-url.js'
import { sentencesOf } from '../crawl/word.js'
import type { Explanation } from './explanation.js'

/** The headers that decide, or show what decided. */
const SIGNS = [
  'facsimile-status',
  'content-type',
  'content-encoding',
  'content-disposition',
  'cache-control',
  'content-security-policy',
  'vary',
] as const

const MAX_SIGN_CHARS = 160

const BASES = {
  told: 'the server says so in Facsimile-Status',
  seen: 'the page carries a fetch URL',
  guessed: 'guessed from outside: the server did not say',
} as const

const FETCHER_OUTCOMES = {
  refused: 'refuses this address',
  admitted: 'answers, and lets this address in',
  failing: 'answers, and fails',
  absent: 'something else answers there',
} as const

/** Whether the crawler can find a copy of this page. */
export function isRecorded({ verdict, fetchUrls }: Explanation): boolean {
  return verdict.outcome === 'injected' && fetchUrls.length > 0
}

export function describeExplanation(io: Io, explanation: Explanation): string {
  const styles = createStyles(io)
  const { visit, fetchUrls, copy, unseen } = explanation
  return [
    styles.title(printable(showUrl(visit.answer.url))),
    ...visit.redirects.map((redirect) => `  ${styles.faint(`after ${printable(redirect)}`)}`),
    `  ${describeAnswer(visit.answer)}`,
    '',
    styles.title('Verdict'),
    ...describeVerdict(explanation, styles),
    '',
    styles.title('Signs'),
    ...describeSigns(explanation, styles),
    ...(fetchUrls[0] === undefined
      ? []
      : ['', styles.title('Fetch URL'), ...describeFetchUrl(fetchUrls[0], visit.answer.url, styles)]),
    ...(copy === undefined ? [] : ['', styles.title('Inserted'), ...describeCopy(explanation, styles)]),
    ...(unseen.length === 0 ? [] : ['', styles.title('Not seen'), ...unseen.map((text) => `  ${styles.faint(text)}`)]),
    '',
  ].join('\n')
}

export function explanationToJson(explanation: Explanation) {
  const { visit, verdict, fetchUrls, probe, copy, unseen } = explanation
  const { answer } = visit
  const [meaning, remedy] = verdict.word === undefined ? [null, null] : sentencesOf(verdict.word)
  return {
    ok: isRecorded(explanation),
    page: { url: showUrl(answer.url), redirects: visit.redirects, ...answerToJson(answer) },
    verdict: {
      outcome: verdict.outcome,
      basis: verdict.basis,
      kind: verdict.word?.kind ?? null,
      word: verdict.word?.word ?? null,
      meaning,
      remedy,
      snippets: verdict.snippets ?? null,
      blocked: verdict.blocked,
      doubled: verdict.isDoubled,
    },
    signs: Object.fromEntries(SIGNS.map((name) => [name, answer.headers.get(name) ?? null])),
    fetchUrls: fetchUrls.map(fetchUrlToJson),
    fetcher: { url: showUrl(probe.url), outcome: probe.outcome, seen: probe.seen },
    ...(copy === undefined ? {} : { copy: copyToJson(copy, answer.body, explanation) }),
    unseen,
  }
}

function copyToJson(copy: NonNullable<Explanation['copy']>, page: Buffer, { fetchUrls }: Explanation) {
  if ('problem' in copy) return { problem: copy.problem.message, remedy: copy.problem.remedy }
  return { difference: differenceToJson(copy.difference, page, fetchUrls) }
}

function describeVerdict(explanation: Explanation, styles: Styles): string[] {
  const { verdict } = explanation
  const headline = isRecorded(explanation) ? styles.good(headlineOf(explanation)) : styles.bad(headlineOf(explanation))
  const lines = [`  ${headline}  ${styles.faint(`(${BASES[verdict.basis]})`)}`]
  if (verdict.word !== undefined) {
    const [meaning, remedy] = sentencesOf(verdict.word)
    lines.push(`  ${meaning}`, `  ${styles.good('→')} ${remedy}`)
  }
  if (verdict.isDoubled) {
    const [meaning, remedy] = sentencesOf({ kind: 'found', word: 'mounted-twice' })
    lines.push(`  ${styles.warning('mounted-twice')}: ${meaning} ${remedy}`)
  }
  return lines
}

function headlineOf({ verdict }: Explanation): string {
  const { outcome, snippets, blocked, word } = verdict
  const left = blocked === 0 ? '' : `, ${blocked} left out`
  if (outcome === 'injected') {
    const what = `injected${snippets === undefined ? '' : `: ${count(snippets, 'snippet')}${left}`}`
    return word === undefined ? what : `${what}: ${word.word}`
  }
  return `${outcome === 'passed over' ? 'passed over' : 'not injected'}: ${word?.word ?? ''}`
}

function describeSigns({ visit, probe }: Explanation, styles: Styles): string[] {
  const rows = SIGNS.flatMap((name) => signIn(visit.answer, name))
  const outcome = probe.answer === undefined ? 'does not answer' : FETCHER_OUTCOMES[probe.outcome]
  const fetcher = ['fetcher', `${outcome} (${probe.seen})`] as const
  return [...rows, fetcher].map(([name, value]) => `  ${styles.faint(name.padEnd(24))} ${printable(value)}`)
}

function signIn({ headers }: HttpAnswer, name: string): readonly (readonly [string, string])[] {
  const value = headers.get(name)
  if (value === undefined) return []
  return [[name, value.length > MAX_SIGN_CHARS ? `${value.slice(0, MAX_SIGN_CHARS)}…` : value]]
}

function describeCopy({ copy, visit, fetchUrls }: Explanation, styles: Styles): string[] {
  if (copy === undefined) return []
  if ('problem' in copy) return [`  ${styles.bad(printable(copy.problem.message))}`, `  ${copy.problem.remedy}`]
  return describeDifference(copy.difference, visit.answer.body, fetchUrls, styles)
}

// What `facsimile doctor` found, for people and as JSON: a line for each check, then each problem with its remedy.
import { sentencesOf, type Word } from '../crawl/word.js'
import type { Io } from '../io.js'
import { count, createStyles, printable, type Styles } from '../terminal.js'
import type { CheckResult, CheckState } from './check-result.js'
import { mainView } from './checks/page.js'
import { resultsIn, type Diagnosis } from './diagnosis.js'

const MARKS: Readonly<Record<CheckState, string>> = { ok: '✓', warn: '!', fail: '✗', 'not-checked': '·' }

/** What is to be followed: that of the nearer reason, where one is known. */
export function remedyOf({ word, because }: CheckResult): string | undefined {
  const nearest = because ?? word
  return nearest === undefined ? undefined : sentencesOf(nearest)[1]
}

export function describeDiagnosis(io: Io, diagnosis: Diagnosis): string {
  const styles = createStyles(io)
  const { results } = diagnosis
  const [fails, warnings] = [resultsIn(diagnosis, 'fail'), resultsIn(diagnosis, 'warn')]
  const width = Math.max(...results.map(({ check }) => check.length))
  return [
    styles.title(printable(mainView(diagnosis.seen).answer.url.href)),
    ...results.map((result) => describeRow(result, width, styles)),
    '',
    ...[...fails, ...warnings].flatMap((result) => describeProblem(result, styles)),
    summarize(fails.length, warnings.length, styles),
    '',
  ].join('\n')
}

export function diagnosisToJson(diagnosis: Diagnosis) {
  const { seen, results } = diagnosis
  return {
    ok: resultsIn(diagnosis, 'fail').length === 0,
    page: mainView(seen).answer.url.href,
    checks: results.map((result) => ({
      check: result.check,
      state: result.state,
      said: result.said,
      ...(result.word === undefined ? {} : wordToJson(result.word)),
      ...(result.because === undefined ? {} : { because: wordToJson(result.because) }),
      ...(result.word === undefined ? {} : { remedy: remedyOf(result) }),
    })),
  }
}

function wordToJson(word: Word) {
  return { kind: word.kind, word: word.word, meaning: sentencesOf(word)[0] }
}

function describeRow({ check, state, said }: CheckResult, width: number, styles: Styles): string {
  const style = styleOf(state, styles)
  const text = printable(said)
  return `  ${style(MARKS[state])} ${check.padEnd(width)}  ${state === 'not-checked' ? styles.faint(`not checked: ${text}`) : text}`
}

function describeProblem(result: CheckResult, styles: Styles): readonly string[] {
  const { word, because, state, said } = result
  if (word === undefined) return []
  const style = styleOf(state, styles)
  const reason = because === undefined ? [] : [`  ${because.word}: ${sentencesOf(because)[0]}`]
  return [
    `${style(MARKS[state])} ${styles.title(word.word)}  ${styles.faint(printable(said))}`,
    `  ${sentencesOf(word)[0]}`,
    ...reason,
    `  ${styles.good('→')} ${remedyOf(result) ?? ''}`,
    '',
  ]
}

function summarize(fails: number, warnings: number, styles: Styles): string {
  if (fails > 0) return styles.bad(`${count(fails, 'problem')}, ${count(warnings, 'warning')}.`)
  if (warnings > 0) return styles.warning(`No problem, ${count(warnings, 'warning')}.`)
  return styles.good('All is well, as far as it was checked.')
}

function styleOf(state: CheckState, styles: Styles): (text: string) => string {
  return { ok: styles.good, warn: styles.warning, fail: styles.bad, 'not-checked': styles.faint }[state]
}

// What `facsimile doctor` found, for people and as JSON: a line for each check, then each problem with its remedy.
import { showUrl } from '../crawl/shown-url.js'
import { describeWord, remedyOf, wordToJson } from '../crawl/word.js'
import type { Io } from '../io.js'
import { count, createStyles, printable, type Styles } from '../terminal.js'
import type { CheckResult, CheckState } from './check-result.js'
import { mainView } from './checks/page.js'
import { resultsIn, type Diagnosis } from './diagnosis.js'

const MARKS: Readonly<Record<CheckState, string>> = { ok: '✓', warn: '!', fail: '✗', 'not-checked': '·' }

export function describeDiagnosis(io: Io, diagnosis: Diagnosis): string {
  const styles = createStyles(io)
  const { results } = diagnosis
  const [fails, warnings] = [resultsIn(diagnosis, 'fail'), resultsIn(diagnosis, 'warn')]
  const width = Math.max(...results.map(({ check }) => check.length))
  return [
    styles.title(printable(showUrl(mainView(diagnosis.seen).answer.url))),
    ...results.map((result) => describeRow(result, width, styles)),
    '',
    ...byWord([...fails, ...warnings]).flatMap((results) => describeProblem(results, styles)),
    summarize(fails.length, warnings.length, styles),
    '',
  ].join('\n')
}

export function diagnosisToJson(diagnosis: Diagnosis) {
  const { seen, results } = diagnosis
  return {
    ok: resultsIn(diagnosis, 'fail').length === 0,
    page: showUrl(mainView(seen).answer.url),
    checks: results.map(({ check, state, said, word, because }) => ({
      check,
      state,
      said,
      ...(word !== undefined && wordToJson(word)),
      ...(because !== undefined && { because: wordToJson(because) }),
      ...(word !== undefined && { remedy: remedyOf({ word, because }) }),
    })),
  }
}

function describeRow({ check, state, said }: CheckResult, width: number, styles: Styles): string {
  const style = styleOf(state, styles)
  const text = printable(said)
  return `  ${style(MARKS[state])} ${check.padEnd(width)}  ${state === 'not-checked' ? styles.faint(`not checked: ${text}`) : text}`
}

/** What is wrong in the same way is explained once. */
function byWord(results: readonly CheckResult[]): readonly (readonly CheckResult[])[] {
  const groups = new Map<string, CheckResult[]>()
  for (const result of results) {
    const { state, word, because } = result
    const key = [state, word?.kind, word?.word, because?.kind, because?.word].join(' ')
    groups.set(key, [...(groups.get(key) ?? []), result])
  }
  return [...groups.values()]
}

function describeProblem([first, ...others]: readonly CheckResult[], styles: Styles): readonly string[] {
  if (first?.word === undefined) return []
  const { word, because, state, said } = first
  const [headline = '', ...explanation] = describeWord(
    { word, said, because },
    styleOf(state, styles)(MARKS[state]),
    styles,
  )
  const indent = ' '.repeat(word.word.length + 4)
  return [headline, ...others.map((other) => indent + styles.faint(printable(other.said))), ...explanation, '']
}

function summarize(fails: number, warnings: number, styles: Styles): string {
  if (fails > 0) return styles.bad(`${count(fails, 'problem')}, ${count(warnings, 'warning')}.`)
  if (warnings > 0) return styles.warning(`No problem, ${count(warnings, 'warning')}.`)
  return styles.good('All is well, as far as it was checked.')
}

function styleOf(state: CheckState, styles: Styles): (text: string) => string {
  return { ok: styles.good, warn: styles.warning, fail: styles.bad, 'not-checked': styles.faint }[state]
}

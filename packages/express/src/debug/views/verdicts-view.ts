// The verdicts: what stands how, and what is to be done about it.
import { html, type Html } from '../html.js'
import type { Verdict } from '../verdict.js'
import { levelChip, sentence } from './parts.js'

export function verdictList(verdicts: readonly Verdict[]): Html {
  return html`<ul class="verdicts">
    ${verdicts.map(verdictItem)}
  </ul>`
}

/** How it stands on the whole, in one sentence. */
export function summaryOf(verdicts: readonly Verdict[]): string {
  const problems = countProblems(verdicts)
  if (problems === '') return 'Nothing is wrong, as far as can be seen from here.'
  return /^1 \w+$/.test(problems) ? `${problems}, with its remedy.` : `${problems}, each with its remedy.`
}

/** The same for the tab of the browser. */
export function titleOf(verdicts: readonly Verdict[]): string {
  return countProblems(verdicts) || 'In order'
}

function countProblems(verdicts: readonly Verdict[]): string {
  const count = (wanted: Verdict['level']) => verdicts.filter(({ level }) => level === wanted).length
  const [faults, warnings] = [count('fault'), count('warning')]
  const parts = [faults > 0 && plural(faults, 'fault'), warnings > 0 && plural(warnings, 'warning')]
  return parts.filter((part) => part !== false).join(' and ')
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

export function verdictItem({ level, word, meaning, remedy, details }: Verdict): Html {
  return html`<li class="verdict is-${level}" data-word="${word ?? ''}">
    <p class="verdict-line">
      ${levelChip(level)}
      <span class="meaning">${sentence(meaning)}</span> ${word !== undefined && html`<code class="word">${word}</code>`}
    </p>
    ${details.filter((detail) => detail !== '').map((detail) => html`<p class="detail">${sentence(detail)}</p>`)}
    ${remedy !== undefined && html`<p class="remedy"><b>Remedy:</b> ${sentence(remedy)}</p>`}
  </li>`
}

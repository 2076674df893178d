// Small pieces of markup that several sections share.
import type { Level } from '../verdict.js'
import { html, type Html, type HtmlValue } from '../html.js'

const MARKS: Readonly<Record<Level, readonly [sign: string, word: string]>> = {
  fault: ['✕', 'Fault'],
  warning: ['!', 'Warning'],
  unknown: ['?', 'Not known'],
  fine: ['✓', 'Fine'],
}

/** A mark with a word; never colour alone. */
export function levelChip(level: Level): Html {
  const [sign, word] = MARKS[level]
  return chip(level, sign, word)
}

export function chip(level: Level, sign: string, words: HtmlValue): Html {
  return html`<span class="chip is-${level}"><span aria-hidden="true">${sign}</span> ${words}</span>`
}

/** A sentence of the log, with what stands between backticks as code. */
export function sentence(text: string): Html {
  return html`${text.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`))}`
}

/** The time of day, in UTC as logs have it. */
export function timeOf(unixMs: number): Html {
  const text = new Date(unixMs).toISOString()
  return html`<time datetime="${text}">${text.slice(11, 19)}</time>`
}

/** A day and the time of day. */
export function momentOf(unixMs: number): Html {
  const text = new Date(unixMs).toISOString()
  return html`<time datetime="${text}">${text.slice(0, 10)} ${text.slice(11, 19)} UTC</time>`
}

export function section(id: string, title: string, body: HtmlValue): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${body}
  </section>`
}

/** Names and what belongs to them, in a table whose rows have headers; on a phone one stands below the other. */
export function factTable(caption: string, facts: readonly (readonly [name: HtmlValue, value: HtmlValue])[]): Html {
  return html`<table class="facts">
    <caption>
      ${caption}
    </caption>
    <tbody>
      ${facts.map(
        ([name, value]) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

/** A table that is wider than a phone scrolls by itself, by keyboard as well. */
export function scrolling(label: string, table: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${table}</div>`
}

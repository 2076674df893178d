// The one way to markup on the debug page: whatever is put into html`…` becomes text, unless it is Html already, and
// characters that would hide or turn around other text are shown by their numbers.

/** Markup that is safe to send. Only `html` makes one. */
export class Html {
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  /** Values belong in element content or in quoted attributes, never in a script or a style. */
  static readonly tag = (strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html =>
    new Html(strings.map((text, index) => text + print(values[index])).join(''))

  toString(): string {
    return this.#text
  }
}

/** `undefined`, `null` and `false` print nothing, lists print their items one after the other. */
export type HtmlValue = Html | string | number | false | null | undefined | readonly HtmlValue[]

export const html = Html.tag

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** What turns the text that follows around, or is not seen at all; a tab and the ends of lines are. */
const HIDDEN =
  // eslint-disable-next-line no-control-regex -- these are the ones that are looked for
  /[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** As a program would write it. */
function showHidden(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function print(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.map(print).join('')
  const text = String(value).replace(HIDDEN, showHidden)
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}

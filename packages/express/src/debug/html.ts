// The one way to markup on the debug page: whatever is put into html`…` becomes text, unless it is Html already.

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

function print(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.map(print).join('')
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}

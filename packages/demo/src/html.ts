// Templates that escape by default: whatever is put into html`…` becomes text, unless it is Html already.

/** Markup that is safe to send. Only `html` makes one. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** What a template takes: `undefined`, `null` and `false` print nothing, lists print their items one after the other. */
export type HtmlValue = Html | string | number | false | null | undefined | readonly HtmlValue[]

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** `text` for element content and for attributes in quotes. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}

/** A template tag. Values belong in element content or in quoted attributes, never in a script or a style. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.map((text, index) => text + print(values[index])).join(''))
}

function print(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(print).join('')
  return escapeHtml(String(value))
}

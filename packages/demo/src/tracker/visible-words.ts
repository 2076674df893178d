// The words a reader sees on a page: what two copies of it are compared by, since a browser writes markup its own way.

export interface Comparison {
  /** Whether both pages say the same, word for word. */
  readonly same: boolean
  /** Some words that only the first page has, and some that only the second one has. */
  readonly onlyFirst: readonly string[]
  readonly onlySecond: readonly string[]
}

/** How many differing words a comparison names. */
const MAX_NAMED_WORDS = 14

const UNSEEN_ELEMENT = /^<(script|style|title|template)[\s/>]/i
const ENTITY = /&(?:#(\d{1,6})|([a-z]{2,4}));/gi
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ' }
const OUTER_PUNCTUATION = /^\p{P}{1,9}|\p{P}{1,9}$/gu

/** Good enough for the demo's own pages, which are well-formed; no general HTML parser. */
export function visibleWords(page: string): readonly string[] {
  return visibleText(page)
    .replace(ENTITY, decodeEntity)
    .split(/\s+/)
    .filter((word) => word !== '')
}

export function compareWords(firstPage: string, secondPage: string): Comparison {
  const first = visibleWords(firstPage)
  const second = visibleWords(secondPage)
  return {
    same: first.join(' ') === second.join(' '),
    onlyFirst: wordsMissingIn(second, first),
    onlySecond: wordsMissingIn(first, second),
  }
}

/** What stands between the tags. One pass, because a beacon may hold anything: what is never closed ends the text. */
function visibleText(page: string): string {
  const lowerCase = page.toLowerCase()
  const parts: string[] = []
  let position = 0
  while (position < page.length) {
    const tag = page.indexOf('<', position)
    if (tag === -1) return [...parts, page.slice(position)].join(' ')
    parts.push(page.slice(position, tag))
    const end = endOfMarkup(lowerCase, tag)
    if (end === undefined) break
    position = end
  }
  return parts.join(' ')
}

/** Where the comment, the unseen element or the tag that starts at `start` is over. */
function endOfMarkup(page: string, start: number): number | undefined {
  if (page.startsWith('<!--', start)) return endOf(page, '-->', start + 4)
  const unseen = UNSEEN_ELEMENT.exec(page.slice(start, start + 10))?.[1]
  const close = unseen === undefined ? start : endOf(page, `</${unseen}`, start)
  return close === undefined ? undefined : endOf(page, '>', close)
}

function endOf(page: string, text: string, from: number): number | undefined {
  const index = page.indexOf(text, from)
  return index === -1 ? undefined : index + text.length
}

function wordsMissingIn(others: readonly string[], words: readonly string[]): readonly string[] {
  const known = new Set(others)
  const missing = words.filter((word) => !known.has(word)).map((word) => word.replace(OUTER_PUNCTUATION, ''))
  return [...new Set(missing)].filter((word) => word !== '').slice(0, MAX_NAMED_WORDS)
}

function decodeEntity(entity: string, decimal: string | undefined, name: string | undefined): string {
  if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
  return ENTITIES[name?.toLowerCase() ?? ''] ?? entity
}

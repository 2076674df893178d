// Long lines on a narrow terminal: broken between words, and indented like the line that they continue.
import { stripVTControlCharacters } from 'node:util'

/** Up to where a continued line is indented: a mark, and a first column that ends in two spaces or more. */
const HANGING = /^ *(?:[^\w\s] )?(?:\S(?: ?\S)*? {2,})?/
/** Where the help was broken by hand, within a sentence or a paragraph. */
const FULL_LINE = /^(\S.{88,})\n(?=\w)/gm
const SHORT_INDENT = 4

/** `text` in lines of up to `columns` characters; a longer word stays whole. As it is without a number of columns. */
export function fold(text: string, columns: number | undefined): string {
  if (columns === undefined || columns <= 0) return text
  return text
    .split('\n')
    .map((line) => foldLine(line, columns))
    .join('\n')
}

/** The same for paragraphs that were broken for wider terminals. */
export function foldParagraphs(text: string, columns: number | undefined): string {
  if (columns === undefined || text.split('\n').every((line) => widthOf(line) <= columns)) return text
  return fold(text.replace(FULL_LINE, '$1 '), columns)
}

function foldLine(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line
  const indent = ' '.repeat(indentOf(line, columns))
  const lines = ['']
  let width = 0
  for (const word of line.split(/(?<=\S) (?=\S)/)) {
    const length = widthOf(word)
    const isFirst = width === 0
    if (!isFirst && width + 1 + length > columns) {
      lines.push(indent + word)
      width = indent.length + length
      continue
    }
    lines.push(`${lines.pop() ?? ''}${isFirst ? '' : ' '}${word}`)
    width += length + (isFirst ? 0 : 1)
  }
  return lines.join('\n')
}

/** A first column that takes more than half of the terminal is not kept free. */
function indentOf(line: string, columns: number): number {
  const hanging = HANGING.exec(stripVTControlCharacters(line))?.[0].length ?? 0
  return hanging > columns / 2 ? SHORT_INDENT : hanging
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length
}

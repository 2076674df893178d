// ClickTaleScripts.xml: the two snippets of the old modules, read strictly and with nothing that XML could load or expand.
import { SaxesParser, type SaxesTagPlain } from 'saxes'

export interface OldScript {
  /** `Top`, `Bottom`, or whatever the file calls it. */
  readonly name: string
  /** The HTML without white space around it. */
  readonly html: string
  readonly attributes: Readonly<Record<string, string>>
  readonly line: number
}

const LOOSE_AMPERSAND = /&(?!#?\w+;|[A-Za-z_:][\w:.-]*;)|<!--|<!\[CDATA\[/g

/** What is wrong with the file; `message` continues "line 3, column 14:". */
export class XmlRefusal extends Error {
  readonly line: number
  readonly column: number
  constructor(line: number, column: number, problem: string) {
    super(problem)
    this.line = line
    this.column = column
  }
}

/**
 * The scripts of a `<scripts>` file, in their order. Throws an XmlRefusal for XML that is broken, for a DOCTYPE, for
 * entities but those of XML itself, for instructions, other encodings and other files.
 */
export function readScriptsXml(text: string): readonly OldScript[] {
  refuseLooseAmpersand(text)
  const parser = new SaxesParser()
  const open: string[] = []
  const scripts: OldScript[] = []
  let script: { attributes: Readonly<Record<string, string>>; html: string; line: number } | undefined

  function refuse(problem: string): never {
    throw new XmlRefusal(parser.line, parser.columnIndex + 1, problem)
  }

  function addText(piece: string): void {
    if (script !== undefined) script.html += piece
    else if (piece.trim() !== '') refuse('text outside of a script element; take it away')
  }

  parser.on('error', ({ message }) => {
    const [, problem = message] = /^(?:\d+:\d+: )?([^]*?)\.?$/.exec(message) ?? []
    const isEntity = problem.includes('entity')
    refuse(isEntity ? `an entity that XML itself does not have, and none is loaded or expanded (${problem})` : problem)
  })
  parser.on('doctype', () => refuse('a DOCTYPE, which could load files or expand entities; take it away'))
  parser.on('processinginstruction', ({ target }) => refuse(`the instruction <?${target} …?>; take it away`))
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(encoding))
      refuse(`the encoding ${JSON.stringify(encoding)}; save the file as UTF-8`)
  })
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('opentag', ({ name, attributes }: SaxesTagPlain) => {
    open.push(name)
    const path = open.join('/')
    if (path === 'scripts') return
    if (script !== undefined) refuse(`the element <${name}> within a script; put the HTML into <![CDATA[ … ]]>`)
    if (path !== 'scripts/script')
      refuse(`the element <${name}>; the file is <scripts> with <script name="Top"> and <script name="Bottom">`)
    script = { attributes, html: '', line: parser.line }
  })
  parser.on('closetag', () => {
    open.pop()
    if (script === undefined) return
    const { attributes, html, line } = script
    scripts.push({ name: attributes['name'] ?? '', html: html.trim(), attributes, line })
    script = undefined
  })
  parser.write(text).close()
  return scripts
}

/** The parser would look for the end of the entity until the end of the file, and complain of that. */
function refuseLooseAmpersand(text: string): void {
  LOOSE_AMPERSAND.lastIndex = 0
  for (let match = LOOSE_AMPERSAND.exec(text); match !== null; match = LOOSE_AMPERSAND.exec(text)) {
    const [found] = match
    if (found === '&') {
      const before = text.slice(0, match.index)
      const column = match.index - before.lastIndexOf('\n')
      throw new XmlRefusal(before.split('\n').length, column, 'an & that begins no entity; write &amp;, or use CDATA')
    }
    // In comments and in CDATA an & is an & and no more.
    const end = text.indexOf(found === '<!--' ? '-->' : ']]>', match.index + found.length)
    if (end < 0) return
    LOOSE_AMPERSAND.lastIndex = end
  }
}

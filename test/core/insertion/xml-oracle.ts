// What the XML parser saxes says about a page: whether it is well-formed, and where its head and body are. It shares no
// code with the inserter.
import { SaxesParser } from 'saxes'

/** What is wrong with a document; empty when it is well-formed. */
export function faultsOf(document: string): readonly string[] {
  return read(document).faults
}

interface Part {
  readonly isEmptyTag: boolean
  /** Offsets of the element's first byte, of what follows its start tag, and of its end tag. */
  readonly from: number
  readonly inside: number
  end: number
}

/** The document with a text at each of the four places. */
export function withTexts(
  document: string,
  texts: { headStart: string; headEnd: string; bodyStart: string; bodyEnd: string },
) {
  const { root, head, body } = read(document)
  if (root === undefined) throw new Error('There is no root element.')
  const { headStart, headEnd, bodyStart, bodyEnd } = texts
  const inserts: [at: number, text: string][] = []
  const isHeadFirst = head !== undefined && (body === undefined || head.from < body.from)
  if (isHeadFirst && !head.isEmptyTag) inserts.push([head.inside, headStart], [head.end, headEnd])
  else inserts.push([isHeadFirst ? head.inside : (body?.from ?? root.end), headStart + headEnd])
  if (body !== undefined && !body.isEmptyTag) inserts.push([body.inside, bodyStart], [body.end, bodyEnd])
  else inserts.push([body?.inside ?? root.end, bodyStart + bodyEnd])
  let output = ''
  let given = 0
  for (const [at, text] of inserts) {
    output += document.slice(given, at) + text
    given = at
  }
  return output + document.slice(given)
}

function read(document: string) {
  const faults: string[] = []
  const open: { name: string; part: Part }[] = []
  const parts = new Map<string, Part>()
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', ({ message }) => faults.push(message))
  parser.ENTITIES['e'] = 'x'
  let tagFrom = 0
  parser.on('opentagstart', ({ name }) => (tagFrom = document.lastIndexOf(`<${name}`, parser.position - 1)))
  parser.on('opentag', ({ name, isSelfClosing }) => {
    const inside = parser.position
    const part = { isEmptyTag: isSelfClosing, from: tagFrom, inside, end: inside }
    const path = [...open.map((entry) => entry.name), name].join('/')
    if (!parts.has(path)) parts.set(path, part)
    open.push({ name, part })
  })
  parser.on('closetag', () => {
    const closed = open.pop()
    if (closed?.part.isEmptyTag === false) closed.part.end = document.lastIndexOf('</', parser.position - 1)
  })
  parser.write(document).close()
  return { faults, root: parts.get('html'), head: parts.get('html/head'), body: parts.get('html/body') }
}

// What parse5 says about where the markers came to stand. It shares no code with the inserter.
import { parse, type DefaultTreeAdapterTypes as Tree } from 'parse5'
import { MARKERS, type PlaceName } from './insert.js'

const MAX_TAIL_BYTES = 512

export interface Verdict {
  /** What is wrong, in a sentence each; empty when all is right. */
  readonly faults: readonly string[]
  /** Which documented exceptions of the tail rule apply. */
  readonly exceptions: readonly TailException[]
}

/** The exceptions that the README lists. */
type TailException = 'content-after-body' | 'ends-inside-markup'

type Element = Tree.Element
type Node = Tree.Node

/** Takes the bytes of a page before and after. */
export function judgePlaces(inputBytes: Buffer, outputBytes: Buffer): Verdict {
  const input = toText(inputBytes)
  const output = toText(outputBytes)
  const faults: string[] = []
  const exceptions: TailException[] = []
  const before = readDocument(input)
  const after = readDocument(output)
  const fault = (text: string) => faults.push(text)
  // What the page's last construct swallows is found out only for a snippet that is not there.
  const dead = (name: string) => {
    if (!endsInsideMarkup(input)) fault(`the ${name} script is not alive`)
    else if (!exceptions.includes('ends-inside-markup')) exceptions.push('ends-inside-markup')
  }

  const start = after.marker('headStart')
  if (start === undefined) dead('head-start')
  else {
    if (start.parentNode !== after.head) fault('the head-start script is not in the head')
    const earlier = siblingsBefore(start)
    const strange = earlier.filter((node) => !isSpace(node) && !isComment(node) && !isMetaForParser(node))
    // What begins with neither doctype, html nor head shows that it is a page only later.
    if (strange.length > 0 && before.beginsAsDocument)
      fault(`${String(strange[0]?.nodeName)} stands before the head-start script`)
  }

  const end = after.marker('headEnd')
  const headEndsAt = after.head?.sourceCodeLocation?.endTag?.startOffset
  if (end === undefined) dead('head-end')
  else if (end.parentNode !== after.head) fault('the head-end script is not in the head')
  else if (headEndsAt !== undefined && end.sourceCodeLocation?.endOffset !== headEndsAt)
    fault('the head-end script is not before </head>')

  const bodyStart = after.marker('bodyStart')
  const bodyOpensAt = after.body?.sourceCodeLocation?.startTag?.endOffset
  if (bodyStart === undefined) dead('body-start')
  else if (bodyOpensAt !== undefined && bodyStart.sourceCodeLocation?.startOffset !== bodyOpensAt)
    fault('the body-start script is not after <body>')
  else if (bodyStart.parentNode !== after.body && bodyStart.parentNode !== after.head)
    fault('the body-start script is in neither head nor body')

  const closesAt = before.body?.sourceCodeLocation?.endTag?.startOffset
  const isTail = closesAt !== undefined && input.length - closesAt <= MAX_TAIL_BYTES && TAIL.test(input.slice(closesAt))
  const bodyEnd = after.marker('bodyEnd')
  if (bodyEnd === undefined) dead('body-end')
  else if (isTail) {
    const expected = closesAt + output.indexOf(MARKERS.bodyEnd) - offsetWithoutMarkers(output)
    if (bodyEnd.sourceCodeLocation?.startOffset !== expected) fault('the body-end script is not before </body>')
  } else if (closesAt !== undefined) exceptions.push('content-after-body')
  return { faults, exceptions }
}

/** As latin1, so that offsets are bytes; without a byte order mark, which decoders take away. */
function toText(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '')
}

const TAIL =
  /^<\/body(?:[\s/](?:"[^"]*"|'[^']*'|[^>"'])*)?>(?:\s|<\/html(?:[\s/](?:"[^"]*"|'[^']*'|[^>"'])*)?>|<!--(?:>|->|(?!-?>)(?:(?!--!?>)[\s\S])*--!?>))*$/i

/** What looks like a tail to one who does not know what stands before it: an end tag, then nothing but space, comments and tags. */
const SEEMING_TAIL = /^<\/(?:body|html)[\s/>][^]{0,506}$/i

/** Where in the input the body-end marker was put. */
function offsetWithoutMarkers(output: string): number {
  const at = output.indexOf(MARKERS.bodyEnd)
  let offset = at
  for (const name of ['headStart', 'headEnd', 'bodyStart'] as const) {
    const other = output.indexOf(MARKERS[name])
    if (other !== -1 && other < at) offset -= MARKERS[name].length
  }
  return offset
}

/**
 * Whether the page's last construct swallows what follows it, or what looks like its tail: a comment, raw text, a tag
 * or an attribute value. Told by what parse5 makes of a probe at the end, before a tag cut short, and before whatever looks like the tail.
 */
function endsInsideMarkup(input: string): boolean {
  const seemingTails = [...input.matchAll(/<\/(?:body|html)/gi)]
    .map(({ index }) => index)
    .filter((at) => SEEMING_TAIL.test(input.slice(at)))
  return [input.length, input.search(/<[^>]*$/), ...seemingTails]
    .filter((at) => at !== -1)
    .some((at) => {
      const probed = readDocument(`${input.slice(0, at)}${MARKERS.bodyEnd}${input.slice(at)}`)
      return probed.marker('bodyEnd') === undefined
    })
}

function readDocument(html: string) {
  const document = parse(html, { sourceCodeLocationInfo: true, scriptingEnabled: true })
  const root = document.childNodes.find((node): node is Element => node.nodeName === 'html')
  const child = (name: string) => root?.childNodes.find((node): node is Element => node.nodeName === name)
  const hasDoctype = document.childNodes.some((node) => node.nodeName === '#documentType')
  const hasTag = (element: Element | undefined) => element?.sourceCodeLocation?.startTag !== undefined
  return {
    head: child('head'),
    body: child('body'),
    isDocument: hasDoctype || [root, child('head'), child('body')].some(hasTag),
    beginsAsDocument: hasDoctype || [root, child('head')].some(hasTag),
    marker(place: PlaceName): Element | undefined {
      const name = /"(.*)"/.exec(MARKERS[place])?.[1]
      return findElement(document, (element) =>
        element.attrs.some(({ name: key, value }) => key === 'data-place' && value === name),
      )
    },
  }
}

/** Whether the page has a doctype or a tag that makes it a document by parse5's reading. */
export function isDocument(input: Buffer): boolean {
  return readDocument(toText(input)).isDocument
}

/** Depth first, not into templates: what stands there does not run. */
function findElement(node: Node, matches: (element: Element) => boolean): Element | undefined {
  if ('tagName' in node && matches(node)) return node
  if (!('childNodes' in node)) return undefined
  for (const child of node.childNodes) {
    const found = findElement(child, matches)
    if (found !== undefined) return found
  }
  return undefined
}

function siblingsBefore(element: Element): readonly Node[] {
  const siblings = element.parentNode?.childNodes ?? []
  return siblings.slice(0, siblings.indexOf(element))
}

const isSpace = (node: Node) => node.nodeName === '#text' && 'value' in node && node.value.trim() === ''
const isComment = (node: Node) => node.nodeName === '#comment'

function isMetaForParser(node: Node): boolean {
  if (node.nodeName !== 'meta' || !('attrs' in node)) return false
  return node.attrs.some(
    ({ name, value }) =>
      name === 'charset' || (name === 'http-equiv' && /^(?:x-ua-compatible|content-type)$/i.test(value.trim())),
  )
}

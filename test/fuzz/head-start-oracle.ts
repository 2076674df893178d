// What may stand in a head before the head-start snippet, by the tree that parse5 makes of the page.
import { nameOfMarker, type Element, type Node, type ReadPage } from './document.js'
import { LONG_MARKERS, type Markers, type Place } from './markers.js'

/** Browsers look for the charset in so many bytes. */
const CHARSET_WINDOW_BYTES = 1024
const UTF8_BYTE_ORDER_MARK = '\xef\xbb\xbf'

interface HeadReading {
  readonly page: string
  readonly markers: Markers
  readonly before: ReadPage
  readonly after: ReadPage
}

export function judgeHeadStart(marker: Element, { page, markers, before, after }: HeadReading): string[] {
  if (marker.parentNode !== after.head) return ['headStart is not in the head']
  if (markers === LONG_MARKERS)
    return hasLateCharset(after, page) ? ['headStart stands before the charset declaration'] : []
  return before.beginsAsDocument && standsLate(marker) ? ['headStart stands after other things'] : []
}

/** Whether more than comments and declarations for the parser stand before the snippet. */
export function standsLate(marker: Element): boolean {
  const siblings = marker.parentNode?.childNodes ?? []
  return siblings.slice(0, siblings.indexOf(marker)).some((node) => !mayStandBefore(node))
}

function mayStandBefore(node: Node): boolean {
  if (node.nodeName === '#comment') return true
  if (node.nodeName === '#text' && 'value' in node) return /^[\t\n\f\r ]*$/.test(node.value)
  if ('attrs' in node && nameOfMarker(node) !== undefined) return true
  return isCharset(node) || attributeOf(node, 'http-equiv') === 'x-ua-compatible'
}

/** Whether the first charset declaration of the head that browsers look at comes after the snippet. */
function hasLateCharset({ head, markers }: ReadPage, page: string): boolean {
  if (page.startsWith(UTF8_BYTE_ORDER_MARK)) return false
  const nodes = head?.childNodes ?? []
  const positionOf = (place: Place) => nodes.findIndex((node) => node === markers.get(place))
  const first = nodes.slice(0, positionOf('headEnd') + 1).findIndex(isCharset)
  if (first < positionOf('headStart')) return false
  const endsAt = nodes[first]?.sourceCodeLocation?.endOffset ?? Infinity
  return endsAt - LONG_MARKERS.headStart.length <= CHARSET_WINDOW_BYTES
}

function isCharset(node: Node): boolean {
  return attributeOf(node, 'charset') !== undefined || attributeOf(node, 'http-equiv') === 'content-type'
}

/** The value of a meta element's attribute, in lower case. */
function attributeOf(node: Node, name: string): string | undefined {
  if (node.nodeName !== 'meta' || !('attrs' in node)) return undefined
  return node.attrs.find((attribute) => attribute.name === name)?.value.toLowerCase()
}

// A page as parse5 reads it, and what is asked of it. parse5 shares no code with the inserter.
import { html, parse, type DefaultTreeAdapterTypes as Tree } from 'parse5'
import { PLACES, type Place } from './markers.js'

export type Element = Tree.Element
export type Node = Tree.Node

export interface ReadPage {
  readonly head: Element | undefined
  readonly body: Element | undefined
  /** Whether a frameset stands in the body's place. */
  readonly isFrameset: boolean
  /** Whether it has a doctype or a tag that makes it a document. */
  readonly isDocument: boolean
  /** Whether a doctype, or the tag of html or head, begins it. */
  readonly beginsAsDocument: boolean
  /** The snippets that run. */
  readonly markers: ReadonlyMap<Place, Element>
  /** All but the snippets, as text. */
  dump(): string
}

/** Scripts run, as in a browser. */
export function readPage(text: string): ReadPage {
  const document = parse(text, { sourceCodeLocationInfo: true, scriptingEnabled: true })
  const root = document.childNodes.find((node): node is Element => node.nodeName === 'html')
  const child = (name: string) => root?.childNodes.find((node): node is Element => node.nodeName === name)
  const hasTag = (element: Element | undefined) => element?.sourceCodeLocation?.startTag !== undefined
  const hasDoctype = document.childNodes.some((node) => node.nodeName === '#documentType')
  const [head, body] = [child('head'), child('body')]
  const markers = new Map<Place, Element>()
  collectMarkers(document, markers)
  return {
    head,
    body,
    isFrameset: child('frameset') !== undefined,
    isDocument: hasDoctype || [root, head, body].some(hasTag),
    beginsAsDocument: hasDoctype || [root, head].some(hasTag),
    markers,
    dump: () => dump(document),
  }
}

export function nameOfMarker(element: Element): Place | undefined {
  const value = element.attrs.find(({ name }) => name === 'data-place')?.value
  return PLACES.find((place) => place === value)
}

/** Not into templates: what stands there does not run. Nor does a script of MathML; one of SVG does. */
function collectMarkers(node: Node, markers: Map<Place, Element>): void {
  if ('tagName' in node && node.tagName === 'script' && node.namespaceURI !== html.NS.MATHML) {
    const place = nameOfMarker(node)
    if (place !== undefined) markers.set(place, node)
  }
  if ('childNodes' in node) for (const child of node.childNodes) collectMarkers(child, markers)
}

/** Pieces of text that a snippet stood between are one again. */
function dump(node: Node): string {
  if ('value' in node) return node.value
  if (node.nodeName === '#comment' && 'data' in node) return `<!--${node.data}-->`
  if (!('childNodes' in node)) return `<!${node.nodeName}>`
  const children = node.childNodes.map(dump).join('')
  if (!('tagName' in node)) return children
  if (node.tagName === 'script' && nameOfMarker(node) !== undefined) return ''
  const attributes = node.attrs.map(({ name, value }) => ` ${name}=${JSON.stringify(value)}`).join('')
  const content = 'content' in node ? dump(node.content) : ''
  return `<${node.namespaceURI} ${node.tagName}${attributes}>${content}${children}</>`
}

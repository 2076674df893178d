// A snippet as it is kept between pages: read once, so that its text can be put together for any policy.
import { readSnippetElements, type SnippetElement } from './snippet-elements.js'
import { fillNonce, splitAtPlaceholders, type Part } from './snippet-template.js'
import type { Placement, Snippet } from './snippet.js'

export interface CompiledSnippet {
  readonly name: string
  readonly placement: Placement
  /** One character for each byte. */
  readonly text: string
  /** Leaves the snippet out of a page that contains it. */
  readonly marker: Buffer | undefined
  readonly isAscii: boolean
  readonly carriesToken: boolean
  readonly elements: readonly SnippetElement[]
}

export function compileSnippet({ name, placement, html, unlessPageContains }: Snippet): CompiledSnippet {
  const text = Buffer.from(html).toString('latin1')
  return {
    name,
    placement,
    text,
    marker: unlessPageContains === undefined ? undefined : Buffer.from(unlessPageContains),
    isAscii: text.length === html.length,
    carriesToken: /%(?:FetchUrl|CacheToken)%/.test(html),
    elements: readSnippetElements(text),
  }
}

/**
 * The snippet's text. `nonces` has the number of the nonce that each element gets; `textNonce` is the one for `%Nonce%`
 * wherever else it stands.
 */
export function partsOf(
  { text, elements }: CompiledSnippet,
  nonces: readonly (string | undefined)[],
  textNonce: string | undefined,
): readonly Part[] {
  const parts: Part[] = []
  let given = 0
  elements.forEach(({ noncePlace }, index) => {
    if (noncePlace === undefined) return
    parts.push(...splitAtPlaceholders(text.slice(given, noncePlace.from), textNonce))
    const filled = fillNonce(nonces[index])
    const isNew = noncePlace.from === noncePlace.to
    if (isNew && filled.length > 0) parts.push(' nonce="', ...filled, '"')
    else parts.push(...filled)
    given = noncePlace.to
  })
  parts.push(...splitAtPlaceholders(text.slice(given), textNonce))
  return parts
}

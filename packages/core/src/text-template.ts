// The text of several snippets for one place of a page: one piece, unless markers decide over parts of it.
import { partsOf } from './compiled-snippet.js'
import type { SnippetText } from './insertion/snippet-text.js'
import type { SnippetFit } from './snippet-fit.js'
import { createTemplate, type SnippetValues } from './snippet-template.js'

export type TextTemplate = (values: SnippetValues) => SnippetText

/** Snippets follow one another in the order of the list; `undefined` when there are none. */
export function createTextTemplate(
  fits: readonly SnippetFit[],
  textNonce: string | undefined,
): TextTemplate | undefined {
  const join = (group: readonly SnippetFit[]) =>
    createTemplate(group.flatMap(({ snippet, nonces }) => partsOf(snippet, nonces, textNonce)))
  if (fits.length === 0) return undefined
  if (fits.every(({ snippet }) => snippet.marker === undefined)) return join(fits)
  const parts = groupsOf(fits).map((group) => ({ template: join(group), marker: group[0]?.snippet.marker }))
  return (values) => parts.map(({ template, marker }) => ({ html: template(values), unlessPageContains: marker }))
}

/** Each snippet with a marker by itself, and the others with their neighbours. */
function groupsOf(fits: readonly SnippetFit[]): readonly (readonly SnippetFit[])[] {
  const groups: SnippetFit[][] = []
  for (const fit of fits) {
    const last = groups.at(-1)
    const isJoined = fit.snippet.marker === undefined && last?.[0]?.snippet.marker === undefined
    if (isJoined && last !== undefined) last.push(fit)
    else groups.push([fit])
  }
  return groups
}

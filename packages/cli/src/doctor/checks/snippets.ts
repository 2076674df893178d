// Whether each snippet stands in the page, once, and where the settings place it; without settings, what was inserted.
import type { InsertedPiece, Settings } from '@facsimile/core'
import { excerptOf } from '../../crawl/report.js'
import { count } from '../../terminal.js'
import { finding, resultsOf, type Check, type CheckResult } from '../check-result.js'
import { expectedPage, snippetFates } from '../expected-page.js'
import type { Expectations, View } from '../observations.js'
import { countSnippet, scriptsIn, withoutValues } from '../snippet-pattern.js'
import { differenceIn } from './copy.js'
import { mainView, missingPage } from './page.js'

const { ok, notChecked, warn, fail } = resultsOf('snippets')

export const checkSnippets: Check = (seen, expected) => {
  const missing = missingPage(seen)
  if (missing !== undefined) return [notChecked(missing)]
  const view = mainView(seen)
  const { settings } = expected
  return settings === undefined ? judgePieces(view) : judgeSnippets(view, settings, expected)
}

function judgeSnippets(view: View, settings: Settings, expected: Expectations): readonly CheckResult[] {
  const results: CheckResult[] = []
  const present: string[] = []
  for (const { snippet, fate } of snippetFates(view, settings, expected)) {
    const times = countSnippet(snippet.html, view.answer.body)
    const name = JSON.stringify(snippet.name)
    if (times > 1) results.push(fail(`${name} stands in the page ${times} times`, finding('snippet-twice')))
    else if (times === 0 && fate === 'in the page')
      results.push(fail(`${name} is not in the page`, finding('snippet-missing')))
    else if (times === 1) present.push(name)
  }
  if (results.length > 0) return results
  if (present.length === 0) return [notChecked('no snippet of the settings is meant for this page')]
  const rebuilt = expectedPage(view, settings, expected)
  const names = present.join(', ')
  if (rebuilt === undefined) return [ok(`${names}: once; their places are not checked without a copy`)]
  return rebuilt.equals(view.answer.body)
    ? [ok(`${names}: once, where the settings place ${present.length === 1 ? 'it' : 'them'}`)]
    : [warn(`${names}: the settings make another page of its copy`, finding('snippet-misplaced'))]
}

/** Without settings a snippet is what the page has more than its copy. */
function judgePieces(view: View): readonly CheckResult[] {
  const difference = differenceIn(view)
  if (difference === undefined) return [notChecked('give --config, or run this where the copy can be fetched')]
  if (difference.kind !== 'insertions') {
    const why = difference.kind === 'identical' ? 'the copy has the snippets too (storeAs)' : 'the copy is another page'
    return [notChecked(`${why}; give --config`)]
  }
  const page = view.answer.body.toString('latin1')
  const bare = withoutValues(page)
  const texts = difference.pieces.map(({ offset, length }) => page.slice(offset, offset + length))
  const twice = texts.flatMap(scriptsIn).find((script) => bare.split(withoutValues(script)).length > 2)
  if (twice !== undefined) {
    const at = page.indexOf(twice)
    const piece = { offset: at, length: Buffer.byteLength(twice, 'latin1') }
    const excerpt = excerptOf(piece, view.answer.body, view.fetchUrls)
    return [fail(`a script stands in the page more than once: ${excerpt}`, finding('snippet-twice'))]
  }
  const places = difference.pieces.map((piece) => placeOf(page, piece))
  return [ok(`${count(texts.length, 'piece')} inserted, each once: ${places.join(', ')}`)]
}

/** In which part of the page a piece stands, for people. */
function placeOf(page: string, { offset, length }: InsertedPiece): string {
  const body = page.search(/<body[\s>]/i)
  if (body === -1 || offset <= body) return 'in the head'
  if (/^\s*(?:<\/body|<\/html|$)/i.test(page.slice(offset + length))) return 'at the end of the body'
  return offset === page.indexOf('>', body) + 1 ? 'at the start of the body' : 'in the body'
}

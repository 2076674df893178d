// What an inspected page says of the installation: whether the filter stands where it should, and what became of the page.
import { compileGlobs, WORDS, type PassOver, type Settings } from '@facsimile/core'
import type { Inspection } from '../../inspection.js'
import { shorten } from '../formats.js'
import { fine, found, notStored, passedOver, unknown, type Verdict } from '../verdict.js'
import { readReuse } from './cache-headers.js'

/** Responses that are no pages are passed over rightly. */
const RIGHTLY: ReadonlySet<PassOver> = new Set(['redirect', 'no-body', 'partial', 'attachment', 'own-path'])
/** By the visitor, by the settings or by chance: the filter works, and passes the page over because it should. */
const CHOSEN: ReadonlySet<PassOver> = new Set(['cookie', 'privacy', 'sampled-out', 'excluded'])
const FAULTS: ReadonlySet<PassOver> = new Set(['error', 'undecodable'])
const EXPLAIN_ANOTHER = 'Explain the path of another page.'

/** `nowMs` is the time by which an Expires header is read. */
export function checkPage(inspection: Inspection, settings: Settings, nowMs: number): readonly Verdict[] {
  const { failure, status, passes, passedOver: word, isCompressedInside } = inspection
  const path = shorten(inspection.path)
  if (failure !== undefined)
    return [unknown(`No answer came for ${path}.`, 'See why the own server does not answer.', failure)]
  const answered = `${path} answered ${status ?? 'nothing'}.`
  if (passes === 0) return settings.disableFilter && settings.disableCache ? [] : [checkAbsence(inspection, answered)]
  return [
    ...(passes > 1 ? [found('warning', 'mounted-twice', `${path} came through it ${passes} times.`)] : []),
    ...(isCompressedInside ? [found('warning', 'compressed-inside', answered)] : []),
    ...(word === undefined ? checkOutcome(inspection, answered) : checkPassOver(word, inspection, settings, answered)),
    ...checkReuse(inspection, settings, nowMs),
  ]
}

function checkAbsence({ headers, path }: Inspection, answered: string): Verdict {
  return /^text\/html\b/i.test(headers['content-type'] ?? '')
    ? found('fault', 'filter-not-reached', answered)
    : unknown(`What ${shorten(path)} answered is no page, and did not pass the filter.`, EXPLAIN_ANOTHER, answered)
}

function checkPassOver(word: PassOver, { path }: Inspection, settings: Settings, answered: string): readonly Verdict[] {
  if (RIGHTLY.has(word))
    return [
      unknown(`There is no page to judge by (${word}).`, EXPLAIN_ANOTHER, answered, WORDS['passed over'][word][0]),
    ]
  if (!CHOSEN.has(word)) return [passedOver(FAULTS.has(word) ? 'fault' : 'warning', word, answered)]
  const isChance = word === 'sampled-out' && settings.sampleRatio > 0
  return [
    passedOver(isChance ? 'unknown' : 'warning', word, answered, word === 'excluded' ? excludedBy(path, settings) : ''),
    fine('The filter is in place.', `${shorten(path)} came through it.`),
  ]
}

/** Which pattern of the settings did it. */
function excludedBy(path: string, { exclude }: Settings): string {
  const [pathname = ''] = path.split('?')
  const pattern = exclude.find((it) => compileGlobs([it])(pathname))
  return pattern === undefined
    ? 'No pattern of `include` matches it.'
    : `The pattern ${pattern} of \`exclude\` matches it.`
}

function checkOutcome({ path, snippets, stored }: Inspection, answered: string): readonly Verdict[] {
  const blocked = snippets.flatMap(({ name, outcome, directive = 'the policy', remedy = '' }) =>
    outcome === 'blocked'
      ? [found('fault', 'snippet-blocked', `${shorten(name)}, by ${directive} of ${shorten(path)}. ${remedy}`)]
      : [],
  )
  const lost = stored === undefined || stored === 'stored' ? [] : [notStored(stored, answered)]
  if (blocked.length + lost.length > 0) return [...blocked, ...lost]
  const inserted = snippets.filter(({ outcome }) => outcome === 'inserted').map(({ name }) => shorten(name))
  const names = inserted.length === 0 ? 'without a snippet' : `with ${inserted.join(', ')}`
  const copy = stored === 'stored' ? 'its copy is stored' : 'no copy is kept'
  return [fine('The filter is in place.', `${shorten(path)} leaves ${names}; ${copy}.`)]
}

/** A page that is shown twice has a token that is good for once. */
function checkReuse({ path, stored, headers }: Inspection, settings: Settings, nowMs: number): readonly Verdict[] {
  if (!settings.deleteAfterPull || stored === undefined) return []
  const { byOthers, byBrowser } = readReuse(headers, nowMs)
  const { 'cache-control': cacheControl, expires = '' } = headers
  const seen = `${shorten(path)} has ${cacheControl === undefined ? `Expires: ${expires}` : `Cache-Control: ${cacheControl}`}`
  if (byOthers) return [found('warning', 'page-cacheable', seen)]
  return byBrowser ? [found('warning', 'page-kept-by-browsers', seen)] : []
}

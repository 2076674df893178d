// Whether the crawler comes, in time, and is let in: by what this process has seen since its start.
import { WORDS, type Loss, type Settings, type Unreadable } from '@facsimile/core'
import type { EventTally } from '../event-log.js'
import { agesText, summarizeAges } from '../fetch-ages.js'
import { formatCount } from '../formats.js'
import { fine, found, notStored, unknown, unreadable, type Verdict } from '../verdict.js'

/** Fetched after so much of its life, a page was nearly late. */
const LATE_SHARE = 0.75
/** A page or two that nobody fetches are those of visitors without scripts. */
const ENOUGH_EXPIRED = 3

export function checkCrawler(tally: EventTally, settings: Settings): readonly Verdict[] {
  if (settings.disableCache) return []
  return [...lossesIn(tally.counts), ...denialsIn(tally), checkComing(tally, settings)]
}

function checkComing({ counts, ages }: EventTally, { maxCachedSeconds }: Settings): Verdict {
  const of = (name: string) => counts.get(name) ?? 0
  const [stored, fetched, expired] = [of('stored'), of('fetched'), of('expired')]
  const figures = `${formatCount(stored)} stored, ${formatCount(fetched)} fetched, ${formatCount(expired)} expired unfetched.`
  const tooLate = of('missed/expired')
  if (fetched === 0 && tooLate === 0) {
    if (stored === 0 && of('lost') > 0)
      return unknown(
        'The crawler has nothing to fetch: no page could be stored.',
        'See first why pages are not stored.',
      )
    if (stored === 0)
      return unknown('No page has been stored yet.', 'Visit a page of the site, then load this one again.')
    return expired >= ENOUGH_EXPIRED || expired === stored
      ? found('fault', 'crawler-absent', figures)
      : unknown('The crawler has not come yet.', 'Give it its time, then load this page again.', figures)
  }
  const { slowest = 0 } = summarizeAges(ages) ?? {}
  const wait = ages.length === 0 ? '' : `Age at fetch: ${agesText(ages)}.`
  return tooLate > 0 || slowest > maxCachedSeconds * 1000 * LATE_SHARE
    ? found('warning', 'crawler-late', `${formatCount(tooLate)} came too late.`, wait, figures)
    : fine('The crawler comes.', figures, wait)
}

function denialsIn({ counts, denied }: EventTally): readonly Verdict[] {
  const times = counts.get('denied') ?? 0
  if (times === 0) return []
  const refused = denied.map(({ clientAddress = 'an unknown address', reason }) => `${clientAddress} (${reason})`)
  return [
    found(
      'fault',
      'crawler-denied',
      `${formatCount(times)} refused since the start, the latest: ${refused.join(', ')}.`,
    ),
  ]
}

function lossesIn(counts: EventTally['counts']): readonly Verdict[] {
  const numbers = <Word extends string>(name: string, words: Readonly<Record<Word, unknown>>) =>
    (Object.keys(words) as Word[]).flatMap((word) => {
      const times = counts.get(`${name}/${word}`) ?? 0
      return times === 0 ? [] : [{ word, times }]
    })
  const lost = numbers<Loss>('lost', WORDS['not stored'])
  const summary = lost.map(({ word, times }) => `${word}: ${formatCount(times)}`).join(', ')
  const sinceStart = (times: number) => `${formatCount(times)} since the start.`
  return [
    ...(lost.length === 0 ? [] : [found('fault', 'pages-lost', `${summary}.`)]),
    ...lost.map(({ word, times }) => notStored(word, sinceStart(times))),
    ...numbers<Unreadable>('unreadable', WORDS.unreadable).map(({ word, times }) =>
      unreadable(word, sinceStart(times)),
    ),
  ]
}

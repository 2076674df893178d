// Shows one fault behind a whole site, from its beginning to the time after its end: a row of a table says what is right.
import { beforeAll, expect, test } from '@jest/globals'
import { createPageToken, openCacheProvider } from '@facsimile/core'
import { openFaultSite, type FaultSite } from './fault-site.js'
import { eventually } from '../../support/eventually.js'

const MOST_DELAY_MS = 5
const SHOW_TIMEOUT_MS = 60_000

/** Where a fault is made. */
export interface FaultScene {
  /** The location of the site's cache provider. */
  readonly location: string
}

/** What the fetcher answers while a fault lasts. */
interface FetchAnswers {
  /** For the page that waits. */
  readonly waiting: 200 | 404 | 503
  /** For a page that was visited meanwhile. */
  readonly fresh: 200 | 404 | 503
  /** For a page that never was. */
  readonly unknown: 404 | 503
}

/** Nobody can look anything up, so nothing is said to be missing. */
export const UNAVAILABLE: FetchAnswers = { waiting: 503, fresh: 503, unknown: 503 }

/** A fault that begins while a page waits to be fetched. */
export interface Fault<Scene extends FaultScene> {
  /** Such as "is full". */
  readonly name: string
  /** Resolves when the fault is in effect; the page of `token` waits. */
  readonly begin: (scene: Scene, token: string) => unknown
  readonly end: (scene: Scene) => unknown
  /** What `check()` says of it; nothing, when the store is well. */
  readonly sentence?: RegExp
  readonly answers: FetchAnswers
  /** What it answers afterwards for the page that waited; left out where both are right. */
  readonly afterwards?: 200 | 404
}

/** A fault that is there before the site is. */
export type FirstFault<Scene extends FaultScene> = Pick<Fault<Scene>, 'name' | 'begin' | 'end' | 'sentence'>

/**
 * The visitor gets every byte without delay, the crawler the truth in time, and the owner a sentence; within ten seconds
 * of its end all is well again. (An unhandled rejection fails whatever test is running.)
 */
export async function showFault<Scene extends FaultScene>(scene: Scene, fault: Fault<Scene>): Promise<void> {
  const { site, expectSentences, close } = await openStage(scene)
  try {
    await site.recovery()
    const healthyMs = await site.medianVisitMs()
    const waiting = await site.visitAndStore()
    await fault.begin(scene, waiting)
    await site.expectAnswer(waiting, fault.answers.waiting)
    await site.expectVisitsWithin(healthyMs + MOST_DELAY_MS)
    await site.expectAnswer(await site.visitAndStore(), fault.answers.fresh)
    await site.expectAnswer(createPageToken(), fault.answers.unknown)
    await expectSentences(fault.sentence)
    await fault.end(scene)
    await site.recovery()
    if (fault.afterwards !== undefined) await site.expectAnswer(waiting, fault.afterwards)
    await eventually('check() has nothing to say', () => expectSentences(undefined).then(yes, no))
  } finally {
    await close()
  }
}

/** The same for a site that finds the fault at its start; its visits are compared with those of a healthy site. */
export async function showFirstFault<Scene extends FaultScene>(scene: Scene, fault: FirstFault<Scene>): Promise<void> {
  const healthyMs = await healthyVisitMs()
  await fault.begin(scene, '')
  const { site, expectSentences, close } = await openStage(scene)
  try {
    await site.visit()
    await site.expectAnswer(createPageToken(), 503)
    await site.expectVisitsWithin(healthyMs + MOST_DELAY_MS)
    await site.expectAnswer(createPageToken(), 503)
    await expectSentences(fault.sentence)
    await fault.end(scene)
    await site.recovery()
    await eventually('check() has nothing to say', () => expectSentences(undefined).then(yes, no))
  } finally {
    await close()
  }
}

async function healthyVisitMs(): Promise<number> {
  const site = await openFaultSite('memory:')
  try {
    return await site.medianVisitMs()
  } finally {
    await site.close()
  }
}

interface Stage {
  readonly site: FaultSite
  /** Sees that `check()`, asked of a provider beside the site's, says this alone; or nothing. */
  readonly expectSentences: (sentence: RegExp | undefined) => Promise<void>
  readonly close: () => Promise<unknown>
}

async function openStage({ location }: FaultScene): Promise<Stage> {
  const site = await openFaultSite(location)
  const provider = openCacheProvider(location)
  return {
    site,
    async expectSentences(sentence) {
      expect(await provider.check()).toEqual(sentence ? [expect.stringMatching(sentence)] : [])
    },
    close: () => Promise.all([site.close(), provider.close()]),
  }
}

/**
 * One test for each row. The rows are shown at the same time and before the first of these tests, because most of a
 * fault's time is the five seconds in which a site leaves a failing store alone.
 */
export function testTogether<Row extends { readonly name: string }>(
  rows: readonly Row[],
  show: (row: Row) => Promise<void>,
): void {
  const outcomes = new Map<Row, PromiseSettledResult<void>>()
  beforeAll(async () => {
    const settled = await Promise.allSettled(rows.map(show))
    rows.forEach((row, at) => outcomes.set(row, settled[at] as PromiseSettledResult<void>))
  }, SHOW_TIMEOUT_MS)
  test.each(rows)('$name', (row) => {
    const outcome = outcomes.get(row)
    if (outcome?.status !== 'fulfilled') throw outcome?.reason
  })
}

const yes = () => true
const no = () => false

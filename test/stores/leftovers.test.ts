// Pages whose lives end while several workers pull them: none is served at its end or later, and none is left behind.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { createPageToken, type CacheProvider, type PageToken } from '@facsimile/core'
import { protectAtRest, type AtRestSettings } from '@facsimile/core/at-rest'
import { samplePage } from '../core/providers/sample-page.js'
import { newKey, OPTIMISTIC_STORE, STORES } from './support/at-rest-store.js'

const PAGES = 480
const WORKERS = 8
/** Lives end from at least so long after the start, over so many milliseconds. */
const FIRST_END_MS = 1_000
const SPREAD_MS = 800
/** Pulls are sent from so long before the end of their page until so long after it. */
const EARLIEST_MS = 300
const LATEST_MS = 15

const WAYS: readonly (readonly [string, AtRestSettings])[] = [
  ['as they are', {}],
  ['sealed and compressed', { encryptionKeys: [newKey()], compression: 'gzip' }],
]

interface Pull {
  readonly token: PageToken
  readonly expiresAt: number
  readonly dueAt: number
}

describe.each([...STORES, OPTIMISTIC_STORE])(`${PAGES} pages in %s, pulled around their end,`, (_name, withStore) => {
  test.each(WAYS)('%s: none is served at its expiry or later, and nothing is left', async (_way, settings) =>
    withStore(async (store) => {
      const workers = Array.from({ length: WORKERS }, () => protectAtRest(store.open(), settings))
      const storingMs = await timeToStore(workers)
      const pages = planPages(Date.now() + Math.max(FIRST_END_MS, 3 * storingMs))
      // Two workers send their pulls of a page at the same moment; a quarter of the pages is left to expire.
      const pulled = pages.filter((_, index) => index % 4 !== 0)
      const stored = workers.map((worker, own) => storeAll(worker, shareOf(pages, own)))
      const answers = await Promise.all(
        workers.map((worker, own) => pullAll(worker, [...shareOf(pulled, own), ...shareOf(pulled, own + 1)])),
      )
      await Promise.all(stored)
      const served = answers.flat().filter(({ isServed }) => isServed)
      expect(served.filter(({ sentAt, expiresAt }) => sentAt >= expiresAt)).toEqual([])
      expect(new Set(served.map(({ token }) => token)).size).toBe(served.length)
      // They were pulled around their end: some were there still, and some not any more.
      expect(served.length).toBeGreaterThan(pulled.length / 20)
      expect(served.length).toBeLessThan(pulled.length)

      await sleepUntil(Math.max(...pages.map(({ expiresAt }) => expiresAt)))
      await store.sweep()
      expect(await store.count()).toBe(0)
    })(),
  )
})

/** How long it takes now to store as many pages, in milliseconds: pages must not be over before they are stored. */
async function timeToStore(workers: readonly CacheProvider[]): Promise<number> {
  await Promise.all(workers.map((worker) => worker.peek(createPageToken()))) // connects
  const startedAt = performance.now()
  const trial = planPages(Date.now() + 60_000)
  await Promise.all(workers.map((worker, own) => storeAll(worker, shareOf(trial, own))))
  const durationMs = performance.now() - startedAt
  await Promise.all(workers.map((worker, own) => removeAll(worker, shareOf(trial, own))))
  return durationMs
}

/** Pages in the order of their ends, from `start` on, with pulls that are due a few milliseconds before or after. */
function planPages(start: number): Pull[] {
  return Array.from({ length: PAGES }, (_, index) => {
    const expiresAt = start + Math.floor((SPREAD_MS * index) / PAGES)
    const dueAt = expiresAt - EARLIEST_MS + ((index * 11) % (EARLIEST_MS + LATEST_MS))
    return { token: createPageToken(), expiresAt, dueAt }
  })
}

function shareOf(pages: readonly Pull[], worker: number): Pull[] {
  return pages.filter((_, index) => index % WORKERS === worker % WORKERS)
}

async function storeAll(provider: CacheProvider, pages: readonly Pull[]): Promise<void> {
  for (const { token, expiresAt } of pages) {
    await provider.store(token, samplePage({ expiresAt, body: Buffer.alloc(2_000, token) }))
  }
}

async function removeAll(provider: CacheProvider, pages: readonly Pull[]): Promise<void> {
  for (const { token } of pages) expect(await provider.remove(token)).toBe(true)
}

/** Sends each pull when it is due; the clock of this machine, which is the store's too, is read just before. */
function pullAll(provider: CacheProvider, pulls: readonly Pull[]) {
  return Promise.all(
    pulls.map(async ({ token, expiresAt, dueAt }) => {
      await sleepUntil(dueAt)
      const sentAt = Date.now()
      const page = await provider.pull(token)
      return { token, expiresAt, sentAt, isServed: page !== undefined }
    }),
  )
}

async function sleepUntil(instant: number): Promise<void> {
  while (Date.now() < instant) await sleep(instant - Date.now())
}

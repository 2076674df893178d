// A store that can be looked into and tampered with, and pages to protect in it.
import type { CacheProvider, CapturedPage, PageToken } from '@facsimile/core'
import { protectAtRest, type AtRestSettings, type UnreadableReason } from '@facsimile/core/at-rest'
import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'

export interface OpenStore {
  readonly provider: CacheProvider
  /** What is stored, as the provider got it. */
  readonly pages: Map<PageToken, CapturedPage>
  /** The methods that were called, in order. */
  readonly calls: string[]
}

/** Keeps pages for ever, whatever their deadline. */
export function createOpenStore(): OpenStore {
  const pages = new Map<PageToken, CapturedPage>()
  const calls: string[] = []
  const note = <T>(name: string, answer: T): Promise<T> => {
    calls.push(name)
    return Promise.resolve(answer)
  }
  const take = (token: PageToken) => {
    const page = pages.get(token)
    pages.delete(token)
    return page
  }
  const provider: CacheProvider = {
    name: 'open',
    store(token, page) {
      pages.set(token, page)
      return note('store', undefined)
    },
    pull: (token) => note('pull', take(token)),
    peek: (token) => note('peek', pages.get(token)),
    remove: (token) => note('remove', pages.delete(token)),
    check: () => note('check', ['The open store is only a test.']),
    close: () => note('close', undefined),
  }
  return { provider, pages, calls }
}

/** An open store behind protection, and the reasons that were reported. */
export function protectOpenStore(settings: AtRestSettings, store = createOpenStore()) {
  const reasons: UnreadableReason[] = []
  const provider = protectAtRest(store.provider, { ...settings, onUnreadable: (reason) => void reasons.push(reason) })
  return { store, provider, reasons }
}

/** The body that the store has under `token`. */
export function envelopeIn({ pages }: OpenStore, token: PageToken): Buffer {
  const page = pages.get(token)
  if (page === undefined) throw new Error('nothing is stored under this token')
  return page.body
}

/** Puts other bytes, or another deadline, in place of what is stored. */
export function tamper({ pages }: OpenStore, token: PageToken, change: Partial<CapturedPage>): void {
  const page = pages.get(token)
  if (page === undefined) throw new Error('nothing is stored under this token')
  pages.set(token, { ...page, ...change })
}

export const newKey = (): Buffer => randomBytes(32)

/** Every way to protect a page on every Node. */
export const PROTECTIONS: readonly AtRestSettings[] = [
  { encryptionKeys: [newKey()] },
  { compression: 'gzip' },
  { compression: 'brotli' },
  { encryptionKeys: [newKey()], compression: 'gzip' },
  { encryptionKeys: [newKey()], compression: 'brotli' },
]

/** How often the event loop turns while `call` is under way; 0 for a call that does all of its work at once. */
export async function turnsDuring(call: Promise<unknown>): Promise<number> {
  const state = { over: false }
  const settled = call.finally(() => (state.over = true))
  let turns = 0
  await turn()
  while (!state.over) {
    turns++
    await turn()
  }
  await settled
  return turns
}

/** Bodies that get smaller and bodies that do not, on both sides of 1 KiB. */
const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 3_000 }),
  fc
    .tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 200 }))
    .map(([bytes, times]) => Buffer.concat(Array.from({ length: times }, () => bytes))),
)

export const anyPage: fc.Arbitrary<CapturedPage> = fc.record(
  {
    url: fc.string({ unit: 'binary' }),
    method: fc.string(),
    status: fc.integer({ min: 100, max: 599 }),
    contentType: fc.string({ unit: 'grapheme' }),
    capturedAt: fc.integer({ min: 0, max: 8.64e15 }),
    expiresAt: fc.integer({ min: 0, max: 8.64e15 }),
    body: anyBody.map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
)

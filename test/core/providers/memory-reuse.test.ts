// The memory provider puts pages into memory that earlier pages lay in: no page may ever show a byte of another one.
import { expect, test } from '@jest/globals'
import { createPageToken, type CapturedPage, type PageToken } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'
import fc from 'fast-check'

function pageOf(body: Buffer): CapturedPage {
  const now = Date.now()
  const meta = { url: '/', method: 'GET', status: 200, contentType: 'text/html' }
  return { ...meta, capturedAt: now, expiresAt: now + 60_000, body }
}

const operation = fc.record({
  what: fc.constantFrom('store', 'store', 'store', 'replace', 'pull', 'remove'),
  bytes: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 4_000, max: 4_200 }), fc.nat(60_000)),
  fill: fc.integer({ min: 1, max: 255 }),
  pick: fc.nat(1_000),
})

test('whatever is stored, replaced, pulled, removed and pushed out, each page that is there is exact', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { maxLength: 120 }),
      fc.constantFrom(20_000, 400_000, 64 * 1024 * 1024),
      async (operations, maxCachedBytes) => {
        const provider = createMemoryProvider({ maxCachedBytes })
        const expected = new Map<PageToken, Buffer>()
        for (const { what, bytes, fill, pick } of operations) {
          const known = [...expected.keys()][pick % Math.max(1, expected.size)]
          const token = what === 'store' || known === undefined ? createPageToken() : known
          if (what === 'pull' || what === 'remove') {
            const body = expected.get(token)
            expected.delete(token)
            if (what === 'remove') await provider.remove(token)
            else {
              const page = await provider.pull(token)
              if (page !== undefined) expect(body?.equals(page.body)).toBe(true)
            }
            continue
          }
          const body = Buffer.alloc(Math.min(bytes, maxCachedBytes - 1_000), fill)
          expected.set(token, Buffer.from(body))
          await provider.store(token, pageOf(body))
          body.fill(0)
        }
        let found = 0
        for (const [token, body] of expected) {
          const page = await provider.peek(token)
          if (page === undefined) continue
          found++
          expect(body.equals(page.body)).toBe(true)
        }
        // With room for all of them, all of them are there.
        if (maxCachedBytes > 60_000 * 120) expect(found).toBe(expected.size)
        await provider.close()
      },
    ),
    { seed: 20_261_121, numRuns: 300 },
  )
})

const step = fc.record({
  sink: fc.nat(7),
  what: fc.constantFrom('add', 'add', 'add', 'add', 'store', 'discard'),
  bytes: fc.oneof(fc.nat(300), fc.integer({ min: 4_090, max: 4_100 }), fc.nat(40_000)),
  fill: fc.integer({ min: 1, max: 255 }),
})

test('pages that come in pieces, eight at a time and in any order, are each exact, and those given up leave nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 150 }), async (steps) => {
      const provider = createMemoryProvider()
      const openSink = () => ({ sink: provider.openSink!(), pieces: [] as Buffer[] })
      const open = Array.from({ length: 8 }, openSink)
      const stored = new Map<PageToken, Buffer>()
      for (const { sink: number, what, bytes, fill } of steps) {
        const { sink, pieces } = open[number]!
        if (what === 'add') {
          const piece = Buffer.alloc(bytes, fill)
          pieces.push(Buffer.from(piece))
          sink.add(piece)
          piece.fill(0)
          continue
        }
        const token = createPageToken()
        if (what === 'discard') sink.discard()
        else {
          const { body, ...page } = pageOf(Buffer.concat(pieces))
          await sink.store(token, page)
          stored.set(token, body)
        }
        open[number] = openSink()
      }
      for (const [token, body] of stored) expect((await provider.pull(token))?.body.equals(body)).toBe(true)
      await provider.close()
    }),
    { seed: 20_261_122, numRuns: 200 },
  )
})

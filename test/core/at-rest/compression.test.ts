// Compression: what is compressed and what is not, bounds on both ways, and that nobody waits for it.
import { describe, expect, test } from '@jest/globals'
import { createPageToken, type PageToken } from '@facsimile/core'
import { protectAtRest, type Compression } from '@facsimile/core/at-rest'
import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import * as zlib from 'node:zlib'
import { encodePageRecord } from '../../../packages/core/src/page-record.js'
import { samplePage } from '../providers/sample-page.js'
import { createOpenStore, envelopeIn, newKey, protectOpenStore, tamper, turnsDuring } from './open-store.js'

const MEGABYTE = 1024 * 1024
const QUICKLY = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }
const hasZstd = 'zstdCompress' in zlib
const everyCompression: readonly Compression[] = hasZstd ? ['gzip', 'brotli', 'zstd'] : ['gzip', 'brotli']

describe('compression', () => {
  test.each(everyCompression)('makes a page much smaller, sealed or not (%s)', async (compression) => {
    for (const encryptionKeys of [undefined, [newKey()]]) {
      const { provider, store } = protectOpenStore({ encryptionKeys, compression })
      const token = createPageToken()
      const page = samplePage({ body: Buffer.from('<li>One line of a long list.</li>\n'.repeat(1_000)) })
      await provider.store(token, page)
      expect(envelopeIn(store, token).length).toBeLessThan(1_000)
      expect(await provider.pull(token)).toStrictEqual(page)
    }
  })

  test('leaves a body of less than 1 KiB as it is', async () => {
    const { provider, store } = protectOpenStore({ compression: 'brotli' })
    for (const [bytes, code] of [
      [1023, 0],
      [1024, 2],
    ] as const) {
      const token = createPageToken()
      await provider.store(token, samplePage({ body: Buffer.alloc(bytes, 'a') }))
      expect(envelopeIn(store, token)[5]).toBe(code)
    }
  })

  test.each(everyCompression)('leaves a body as it is that would not get smaller (%s)', async (compression) => {
    const { provider, store } = protectOpenStore({ compression })
    const [token, page] = [createPageToken(), samplePage({ body: randomBytes(5_000) })]
    await provider.store(token, page)
    expect(envelopeIn(store, token).subarray(30).equals(encodePageRecord(page))).toBe(true)
    expect(await provider.pull(token)).toStrictEqual(page)
  })

  test('can be read whichever is set now', async () => {
    const store = createOpenStore()
    const key = newKey()
    const page = samplePage({ body: Buffer.alloc(2_000, 'page ') })
    for (const stored of everyCompression) {
      for (const set of [...everyCompression, false] as const) {
        const token = createPageToken()
        await protectAtRest(store.provider, { encryptionKeys: [key], compression: stored }).store(token, page)
        const reader = protectAtRest(store.provider, { encryptionKeys: [key], compression: set })
        expect(await reader.pull(token)).toStrictEqual(page)
      }
    }
  })

  test('by zstd is there where Node has it, and is refused with a remedy where not', () => {
    const protect = () => protectAtRest(createOpenStore().provider, { compression: 'zstd' })
    if (hasZstd) expect(protect().name).toBe('open')
    else expect(protect).toThrow(/^compression is "zstd", which Node has since 22\.15 .* write 'brotli' or 'gzip'/)
  })

  test('by zstd that this Node cannot read is not ours', async () => {
    const { provider, store, reasons } = protectOpenStore({ compression: 'gzip' })
    const token = await storeCompressible(provider)
    const body = Buffer.from(envelopeIn(store, token))
    body[5] = 3
    tamper(store, token, { body })
    expect(await provider.peek(token)).toBeUndefined()
    expect(reasons).toEqual([hasZstd ? 'damaged' : 'not-ours'])
  })

  test.each(['lzma', '', true, null, 4])('cannot be %j', (compression) => {
    expect(() => protectAtRest(createOpenStore().provider, { compression: compression as never })).toThrow(
      expect.objectContaining({
        code: 'SETTINGS_INVALID',
        message: `compression is ${JSON.stringify(compression)}; write 'brotli', 'gzip', 'zstd' or false`,
      }),
    )
  })
})

describe('expanding', () => {
  test.each(['gzip', 'brotli'] as const)('stops at the length that the envelope says (%s)', async (compression) => {
    const zeros = Buffer.alloc(64 * MEGABYTE)
    const bomb = compression === 'gzip' ? zlib.gzipSync(zeros) : zlib.brotliCompressSync(zeros, QUICKLY)
    const { provider, store, reasons } = protectOpenStore({ compression })
    const token = await storeCompressible(provider)
    const head = envelopeIn(store, token).subarray(0, 30)
    tamper(store, token, { body: Buffer.concat([head, bomb]) })
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    const answer = provider.peek(token)
    await turnsDuring(answer.finally(() => (most = process.memoryUsage().arrayBuffers)))
    expect(await answer).toBeUndefined()
    expect(most - before).toBeLessThan(16 * MEGABYTE)
    expect(reasons).toEqual(['damaged'])
  })

  test('refuses a record that is shorter or longer than the envelope says', async () => {
    const { provider, store, reasons } = protectOpenStore({ compression: 'gzip' })
    const token = await storeCompressible(provider)
    const envelope = envelopeIn(store, token)
    const length = envelope.readUInt32BE(26)
    for (const wrong of [length - 1, length + 1, 0, 0xffff_ffff]) {
      const body = Buffer.from(envelope)
      body.writeUInt32BE(wrong, 26)
      tamper(store, token, { body })
      expect(await provider.peek(token)).toBeUndefined()
    }
    expect(reasons).toEqual(['damaged', 'damaged', 'damaged', 'damaged'])
  })

  test.each([4, 5])('refuses an envelope whose byte %d is a number without a meaning', async (at) => {
    const { provider, store, reasons } = protectOpenStore({ compression: 'gzip' })
    const token = await storeCompressible(provider)
    for (const number of [4, 255]) {
      const body = Buffer.from(envelopeIn(store, token))
      body[at] = number
      tamper(store, token, { body })
      expect(await provider.peek(token)).toBeUndefined()
    }
    expect(reasons).toEqual(['damaged', 'damaged'])
  })

  test('without encryption too refuses a page that was moved to another deadline, and one that has changed', async () => {
    const { provider, store } = protectOpenStore({ compression: 'gzip' })
    const token = createPageToken()
    const page = samplePage()
    await provider.store(token, page)
    tamper(store, token, { expiresAt: page.expiresAt + 60_000 })
    expect(await provider.peek(token)).toBeUndefined()
    const body = Buffer.from(envelopeIn(store, token))
    body[body.length - 1] = (body.at(-1) ?? 0) ^ 1
    tamper(store, token, { expiresAt: page.expiresAt, body })
    expect(await provider.peek(token)).toBeUndefined()
  })
})

describe('while a page of 20 MB is compressed', () => {
  const body = Buffer.alloc(20 * MEGABYTE, '<li>One line of a long list.</li>\n')

  test.each(everyCompression)('the event loop turns, and turns while it is expanded (%s)', async (compression) => {
    const { provider } = protectOpenStore({ compression })
    const [token, page] = [createPageToken(), samplePage({ body })]
    expect(await turnsDuring(provider.store(token, page))).toBeGreaterThan(0)
    const answer = provider.pull(token)
    expect(await turnsDuring(answer)).toBeGreaterThan(0)
    expect((await answer)?.body.equals(body)).toBe(true)
  })

  test.each([undefined, [newKey()]])('a caller who stops waiting is told at once (%#)', async (encryptionKeys) => {
    const { provider, store } = protectOpenStore({ compression: 'gzip', encryptionKeys })
    const caller = new AbortController()
    const reason = new Error('the caller has stopped waiting')
    const stored = provider.store(createPageToken(), samplePage({ body }), { signal: caller.signal })
    await turn()
    caller.abort(reason)
    await expect(stored).rejects.toBe(reason)
    await provider.close() // waits for the compression, after which nothing is stored
    expect(store.calls).toEqual(['close'])
  })

  test('close() waits for it, and closes the store only then', async () => {
    const { provider, store } = protectOpenStore({ compression: 'gzip' })
    const stored = provider.store(createPageToken(), samplePage({ body }))
    await provider.close()
    await stored
    expect(store.calls).toEqual(['store', 'close'])
  })
})

async function storeCompressible(provider: ReturnType<typeof protectAtRest>): Promise<PageToken> {
  const token = createPageToken()
  await provider.store(token, samplePage({ body: Buffer.alloc(5_000, 'page ') }))
  return token
}

// What lies in the store: opens to the very page, under its own token and deadline, and to nothing otherwise.
import { describe, expect, test } from '@jest/globals'
import { createPageToken, type CacheProvider, type CapturedPage, type PageToken } from '@facsimile/core'
import { protectAtRest } from '@facsimile/core/at-rest'
import fc from 'fast-check'
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { decodePageRecord, encodePageRecord } from '../../../packages/core/src/page-record.js'
import { samplePage } from '../providers/sample-page.js'
import { anyPage, envelopeIn, newKey, PROTECTIONS, protectOpenStore, tamper, turnsDuring } from './open-store.js'

const longPage = (): CapturedPage => samplePage({ body: Buffer.from('<p>One line of a long list.</p>\n'.repeat(200)) })

describe('a protected page', () => {
  test('comes back exactly as it was, whatever its bytes and its protection', async () => {
    await fc.assert(
      fc.asyncProperty(anyPage, fc.constantFrom(...PROTECTIONS), async (page, settings) => {
        const { provider, reasons } = protectOpenStore(settings)
        const token = createPageToken()
        await provider.store(token, page)
        expect(await provider.peek(token)).toStrictEqual(page)
        expect(await provider.pull(token)).toStrictEqual(page)
        expect(reasons).toEqual([])
      }),
    )
  })

  test.each(PROTECTIONS)('tells the store nothing but its deadline and when it was captured (%#)', async (settings) => {
    const { provider, store } = protectOpenStore(settings)
    const [token, page] = [createPageToken(), longPage()]
    await provider.store(token, page)
    const { body, ...facts } = store.pages.get(token) ?? samplePage()
    expect(body.subarray(0, 4).toString()).toBe('FCE1')
    expect(facts).toEqual({
      url: '/',
      method: 'GET',
      status: 200,
      contentType: 'application/octet-stream',
      capturedAt: page.capturedAt,
      expiresAt: page.expiresAt,
    })
  })

  test('is refused as not ours when it was stored before protection was switched on', async () => {
    for (const settings of PROTECTIONS) {
      const { provider, store, reasons } = protectOpenStore(settings)
      const token = createPageToken()
      await store.provider.store(token, samplePage())
      await expectUnreadable(provider, token)
      expect(reasons).toEqual(['not-ours', 'not-ours'])
    }
  })

  test('is gone after a pull that could not read it, and stays after a peek', async () => {
    const { provider, store } = protectOpenStore({ encryptionKeys: [newKey()] })
    const token = createPageToken()
    await store.provider.store(token, samplePage())
    expect(await provider.peek(token)).toBeUndefined()
    expect(store.pages.size).toBe(1)
    expect(await provider.pull(token)).toBeUndefined()
    expect(store.pages.size).toBe(0)
  })
})

describe('a sealed page', () => {
  test('shows no eight bytes in a row of the page', async () => {
    const { provider, store } = protectOpenStore({ encryptionKeys: [newKey()] })
    await fc.assert(
      fc.asyncProperty(anyPage, async (page) => {
        const token = createPageToken()
        await provider.store(token, page)
        const sealed = runsOf(envelopeIn(store, token))
        for (const run of runsOf(encodePageRecord(page))) expect(sealed.has(run)).toBe(false)
      }),
      { numRuns: 30 },
    )
  })

  test('never opens when any single bit of it has changed', async () => {
    const { provider, store, reasons } = protectOpenStore({ encryptionKeys: [newKey()] })
    const token = createPageToken()
    await provider.store(token, samplePage())
    const envelope = envelopeIn(store, token)
    for (let bit = 0; bit < envelope.length * 8; bit++) {
      const body = Buffer.from(envelope)
      body[bit >> 3] = (body[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      tamper(store, token, { body })
      expect(await provider.peek(token)).toBeUndefined()
    }
    expect(reasons).toHaveLength(envelope.length * 8)
    expect(new Set(reasons)).toEqual(new Set(['not-ours', 'unknown-key', 'damaged']))
  })

  test('never opens when bytes of it were cut off, added, repeated or replaced', async () => {
    const { provider, store } = protectOpenStore({ encryptionKeys: [newKey()], compression: 'gzip' })
    const token = createPageToken()
    await provider.store(token, longPage())
    const envelope = envelopeIn(store, token)
    const changes = [
      ...Array.from({ length: envelope.length }, (_, length) => envelope.subarray(0, length)),
      Buffer.concat([envelope, Buffer.alloc(1)]),
      Buffer.concat([envelope, envelope]),
      Buffer.concat([envelope.subarray(0, 30), randomBytes(envelope.length - 30)]),
    ]
    for (const body of changes) {
      tamper(store, token, { body })
      expect(await provider.peek(token)).toBeUndefined()
    }
  })

  test('never opens under another token', async () => {
    const { provider, store, reasons } = protectOpenStore({ encryptionKeys: [newKey()] })
    const [one, other] = [createPageToken(), createPageToken()]
    const page = samplePage()
    await provider.store(one, page)
    await provider.store(other, { ...page, url: '/other' })
    const [first, second] = [store.pages.get(one), store.pages.get(other)] as [CapturedPage, CapturedPage]
    store.pages.set(one, second).set(other, first)
    for (const token of [one, other]) expect(await provider.peek(token)).toBeUndefined()
    expect(reasons).toEqual(['damaged', 'damaged'])
    store.pages.set(one, first)
    expect((await provider.peek(one))?.url).toBe(page.url)
  })

  test('never opens with another deadline', async () => {
    const { provider, store } = protectOpenStore({ encryptionKeys: [newKey()] })
    const [token, page] = [createPageToken(), samplePage()]
    await provider.store(token, page)
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.constantFrom(1, -1, 0.5, 1e9), fc.double({ noNaN: true })), async (by) => {
        fc.pre(Number.isFinite(page.expiresAt + by) && page.expiresAt + by !== page.expiresAt)
        tamper(store, token, { expiresAt: page.expiresAt + by })
        expect(await provider.peek(token)).toBeUndefined()
      }),
    )
  })

  test('does not believe what the store says beside the envelope', async () => {
    const { provider, store } = protectOpenStore({ encryptionKeys: [newKey()] })
    const [token, page] = [createPageToken(), samplePage()]
    await provider.store(token, page)
    tamper(store, token, { url: '/evil', status: 500, method: 'PUT', contentType: 'text/plain', capturedAt: 1 })
    expect(await provider.pull(token)).toStrictEqual(page)
  })

  test('is not replaced by an envelope that is only compressed', async () => {
    const { provider, store, reasons } = protectOpenStore({ encryptionKeys: [newKey()], compression: 'gzip' })
    const token = createPageToken()
    await protectAtRest(store.provider, { compression: 'gzip' }).store(token, longPage())
    await expectUnreadable(provider, token)
    expect(reasons).toEqual(['not-ours', 'not-ours'])
  })

  test('is encrypted with a nonce of its own each time', async () => {
    const { provider, store } = protectOpenStore({ encryptionKeys: [newKey()] })
    const [token, page] = [createPageToken(), samplePage()]
    const nonces = new Set<string>()
    for (let times = 0; times < 2_000; times++) {
      await provider.store(token, page)
      nonces.add(envelopeIn(store, token).toString('hex', 14, 26))
    }
    expect(nonces.size).toBe(2_000)
  })

  test('of several megabytes lets the event loop turn while it is encrypted and decrypted', async () => {
    const { provider } = protectOpenStore({ encryptionKeys: [newKey()] })
    const [token, page] = [createPageToken(), samplePage({ body: Buffer.alloc(4 * 1024 * 1024, 'page ') })]
    expect(await turnsDuring(provider.store(token, page))).toBeGreaterThan(3)
    expect(await turnsDuring(provider.peek(token))).toBeGreaterThan(3)
    expect((await provider.pull(token))?.body.equals(page.body)).toBe(true)
  })
})

describe('the layout of an envelope', () => {
  const key = newKey()
  const keyId = createHash('sha256').update('facsimile at-rest key id 1\0').update(key).digest().subarray(0, 8)

  test.each([
    [1, 'gzip', gunzipSync],
    [2, 'brotli', brotliDecompressSync],
  ] as const)('is as documented: node:crypto and zlib alone open it (%d, %s)', async (code, compression, expand) => {
    const { provider, store } = protectOpenStore({ encryptionKeys: [key], compression })
    const [token, page] = [createPageToken(), longPage()]
    await provider.store(token, page)
    const envelope = envelopeIn(store, token)
    expect(envelope.subarray(0, 4).toString()).toBe('FCE1')
    expect([envelope[4], envelope[5]]).toEqual([1, code])
    expect(envelope.subarray(6, 14)).toEqual(keyId)

    const decipher = createDecipheriv('aes-256-gcm', key, envelope.subarray(14, 26), { authTagLength: 16 })
    decipher.setAAD(Buffer.concat([envelope.subarray(0, 30), Buffer.from(token), doubleOf(page.expiresAt)]))
    decipher.setAuthTag(envelope.subarray(-16))
    const content = Buffer.concat([decipher.update(envelope.subarray(30, -16)), decipher.final()])
    const record = expand(content)
    expect(content.length).toBeLessThan(record.length / 10)
    expect(envelope.readUInt32BE(26)).toBe(record.length)
    expect(record.equals(encodePageRecord(page))).toBe(true)
    expect(decodePageRecord(record)).toStrictEqual(page)
  })

  test('is as documented: what node:crypto alone seals is opened', async () => {
    const { provider, store } = protectOpenStore({ encryptionKeys: [key] })
    const [token, page] = [createPageToken(), samplePage()]
    const record = encodePageRecord(page)
    const nonce = randomBytes(12)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(record.length)
    const head = Buffer.concat([Buffer.from('FCE1'), Buffer.from([1, 0]), keyId, nonce, length])
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    cipher.setAAD(Buffer.concat([head, Buffer.from(token), doubleOf(page.expiresAt)]))
    const body = Buffer.concat([head, cipher.update(record), cipher.final(), cipher.getAuthTag()])
    await store.provider.store(token, { ...samplePage(), expiresAt: page.expiresAt, body })
    expect(await provider.pull(token)).toStrictEqual(page)
  })

  test('without encryption has no key id, no nonce and no tag', async () => {
    const { provider, store } = protectOpenStore({ compression: 'gzip' })
    const [token, page] = [createPageToken(), longPage()]
    await provider.store(token, page)
    const envelope = envelopeIn(store, token)
    expect(envelope.subarray(4, 26)).toEqual(Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(20)]))
    expect(gunzipSync(envelope.subarray(30)).equals(encodePageRecord(page))).toBe(true)
  })
})

async function expectUnreadable(provider: CacheProvider, token: PageToken): Promise<void> {
  expect(await provider.peek(token)).toBeUndefined()
  expect(await provider.pull(token)).toBeUndefined()
}

/** Every eight bytes that stand next to each other. */
function runsOf(bytes: Buffer): Set<string> {
  const text = bytes.toString('latin1')
  return new Set(Array.from({ length: Math.max(0, text.length - 7) }, (_, at) => text.slice(at, at + 8)))
}

function doubleOf(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}

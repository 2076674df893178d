// A page as one value of bytes: comes back whole, or not at all.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodePageRecord, encodePageRecord, encodePageRecordHead } from '../../packages/core/src/page-record.js'

const anyPage = fc.record(
  {
    url: fc.string({ unit: 'binary' }),
    method: fc.string(),
    status: fc.integer({ min: 100, max: 599 }),
    contentType: fc.string({ unit: 'grapheme' }),
    capturedAt: fc.integer({ min: 0, max: 8.64e15 }),
    expiresAt: fc.integer({ min: 0, max: 8.64e15 }),
    body: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
)

describe('a page record', () => {
  test('gives back every page exactly as it was', () => {
    fc.assert(fc.property(anyPage, (page) => expect(decodePageRecord(encodePageRecord(page))).toStrictEqual(page)))
  })

  test('gives back a page whose URL holds half a surrogate pair', () => {
    const page = { ...fixedPage, url: '/\ud800/\udc00' }
    expect(decodePageRecord(encodePageRecord(page))).toStrictEqual(page)
  })

  test('is its head followed by the body as it is', () => {
    const record = encodePageRecord(fixedPage)
    expect(record.equals(Buffer.concat([encodePageRecordHead(fixedPage), fixedPage.body]))).toBe(true)
    expect(record.subarray(-fixedPage.body.length).equals(fixedPage.body)).toBe(true)
  })

  test('does not copy the body when it is read', () => {
    const record = encodePageRecord(fixedPage)
    expect(decodePageRecord(record)?.body.buffer).toBe(record.buffer)
  })

  test('is refused when any single byte of it has changed', () => {
    const record = encodePageRecord(fixedPage)
    for (let at = 0; at < record.length; at++) {
      const changed = Buffer.from(record)
      changed[at] = (changed[at] ?? 0) ^ 0x01
      expect(decodePageRecord(changed)).toBeUndefined()
    }
  })

  test('without a checksum for its body is refused when any single byte before the body has changed', () => {
    const record = encodePageRecord(fixedPage, { checksBody: false })
    expect(decodePageRecord(record)).toStrictEqual(fixedPage)
    for (let at = 0; at < record.length - fixedPage.body.length; at++) {
      const changed = Buffer.from(record)
      changed[at] = (changed[at] ?? 0) ^ 0x01
      expect(decodePageRecord(changed)).toBeUndefined()
    }
  })

  test('is refused when it was cut short anywhere', () => {
    const record = encodePageRecord(fixedPage)
    for (let length = 0; length < record.length; length++) {
      expect(decodePageRecord(record.subarray(0, length))).toBeUndefined()
    }
  })

  test('is refused when something follows it', () => {
    expect(decodePageRecord(Buffer.concat([encodePageRecord(fixedPage), Buffer.alloc(1)]))).toBeUndefined()
  })

  test('is refused when it is foreign, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, marked) => {
        const foreign = Buffer.concat([Buffer.from(marked ? 'FCS1' : ''), bytes])
        expect(decodePageRecord(foreign)).toBeUndefined()
      }),
    )
  })

  test('is refused when a field has another type than it should', () => {
    for (const wrong of [{ url: 7 }, { status: '200' }, { expiresAt: Number.NaN }, { contentType: null }]) {
      expect(decodePageRecord(encodePageRecord({ ...fixedPage, ...wrong } as typeof fixedPage))).toBeUndefined()
    }
  })
})

const fixedPage = {
  url: '/basket',
  method: 'POST',
  status: 201,
  contentType: 'text/html; charset=iso-8859-1',
  capturedAt: 1_764_000_000_000,
  expiresAt: 1_764_000_060_000,
  body: Buffer.from([0x00, 0xff, 0x3c, 0x70, 0x3e, 0xe8, 0x0d, 0x0a]),
}

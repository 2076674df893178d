// What comes back is what was stored: every field, every byte.
import { assertSamePage, samplePage, storeNew } from '../sample-page.js'
import type { CapturedPage } from '../../cache-provider.js'
import type { Bench, ConformanceCase } from '../conformance-case.js'

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

export const ROUND_TRIP_CASES: readonly ConformanceCase[] = [
  body('gives back a body of 0 bytes', () => Buffer.alloc(0)),
  body('gives back a body of 1 byte', () => Buffer.from([0x3c])),
  body('gives back the largest body', ({ traits }) => everyByteUpTo(traits.largestBodyBytes)),
  body('gives back invalid UTF-8 unchanged', () => Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0xed, 0xa0, 0x80, 0xe2, 0x82])),
  body('gives back NUL bytes unchanged', () => Buffer.from('a\0\0b\0', 'latin1')),
  body('gives back a UTF-8 byte order mark', () => Buffer.from('\ufeff<p>', 'utf8')),
  body('gives back a UTF-16 page with its byte order mark', () => Buffer.from('\ufeff<p>è</p>', 'utf16le')),
  body('gives back every byte value in every neighbourhood', () => everyByteUpTo(65_536)),
  body('does not take a body that looks like JSON, base64 or SQL for anything but bytes', () =>
    Buffer.from(`{"type":"Buffer","data":[1]} PGI+ '); DROP TABLE pages; -- \\x00 \\' %s`),
  ),
  body('gives back a body with line ends of all kinds and trailing space', () => Buffer.from('\r\n\n\r a \t \r\n  ')),
  body('gives back only the view, of a body that is a view into a larger buffer', () =>
    Buffer.from('before<p>page</p>after').subarray(6, 17),
  ),
  fields('gives back quotes, percent, underscore and backslash in URL and content type', {
    url: `/a?q='"\`%_\\%00%27;--/*`,
    contentType: `text/html; charset="utf\\"-8"; x='%_'`,
  }),
  fields('gives back line breaks in URL and content type', { url: '/a\r\nb\n\tc', contentType: 'text/html;\r\n x=1' }),
  fields('gives back letters beyond ASCII in URL and content type', {
    url: '/größe/Ω/茶/🍵?e\u0301=é\u200f',
    contentType: 'text/html; title=茶🍵',
  }),
  fields('gives back an empty URL and content type', { url: '', contentType: '' }),
  fields('gives back a URL of 8000 characters', { url: `/${'long/'.repeat(1600)}` }),
  fields('gives back the method and the status as they were', { method: 'PROPFIND', status: 404 }),
  fields('gives back the instant of capture, to the millisecond', { capturedAt: 1_000_000_000_001 }),
  {
    name: 'gives back the instant of expiry, to the millisecond',
    async run(bench) {
      for (const millisecond of [0, 1, 499, 999]) {
        const expiresAt = Math.ceil(Date.now() / 1000) * 1000 + 60_000 + millisecond
        await comesBack(bench, samplePage({ expiresAt }))
      }
    },
  },
]

function body(name: string, make: (bench: Bench) => Buffer): ConformanceCase {
  return { name, run: (bench) => comesBack(bench, samplePage({ body: make(bench) })) }
}

function fields(name: string, values: Partial<CapturedPage>): ConformanceCase {
  return { name, run: (bench) => comesBack(bench, samplePage(values)) }
}

async function comesBack(bench: Bench, page: CapturedPage): Promise<void> {
  const provider = await bench.open()
  const token = await storeNew(provider, page)
  assertSamePage(await provider.peek(token), page)
  assertSamePage(await provider.pull(token), page)
}

/** `size` bytes in which each value stands next to each other in turn. */
function everyByteUpTo(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at += EVERY_BYTE.length) EVERY_BYTE.copy(bytes, at)
  for (let at = 1; at < size; at += 2) bytes[at] = (at >> 9) & 0xff
  return bytes
}

// Rules 18 and 23: who opted out gets the bytes of a bare server; viewers on the allowlist are told what was done.
import type { RequestListener } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import type { FacsimileSettings } from '@facsimile/express'
import { fetchRaw } from '../../support/raw-http.js'
import { createTestFacsimile, PAGE, PAGE_WITH_SNIPPETS, serveFiltered, servePair } from '../../support/filtered-site.js'

const handler: RequestListener = (req, res) => {
  res.setHeader('Content-Type', 'text/html').setHeader('ETag', '"v1"').setHeader('Set-Cookie', ['a=1', 'b=2'])
  if (req.url?.endsWith('streamed') === true) {
    res.write(PAGE.slice(0, 50))
    res.end(PAGE.slice(50))
  } else res.end(PAGE)
}
const withoutDate = (wire: Buffer) => wire.toString('latin1').replace(/\r\nDate: [^\r]*/, '')

interface OptOut {
  readonly settings: FacsimileSettings
  readonly headers?: Record<string, string>
  readonly reason: string
}

const OPT_OUTS: Record<string, OptOut> = {
  'the opt-out cookie': { settings: {}, headers: { Cookie: 'x=y; WRUID=0' }, reason: 'cookie' },
  'another opt-out cookie': {
    settings: { optOutCookie: { name: 'no', value: 'thanks' } },
    headers: { Cookie: 'no=thanks' },
    reason: 'cookie',
  },
  'Sec-GPC': { settings: { privacySignals: ['gpc'] }, headers: { 'Sec-GPC': '1' }, reason: 'privacy' },
  DNT: { settings: { privacySignals: ['dnt'] }, headers: { DNT: '1' }, reason: 'privacy' },
  'an excluded path': { settings: { exclude: ['/p/**'] }, reason: 'excluded' },
  'a path that is not included': { settings: { include: ['/shop/**'] }, reason: 'excluded' },
  sampling: { settings: { sampleRatio: 0 }, reason: 'sampled-out' },
}

describe('rule 23: who is passed over', () => {
  test.each(Object.entries(OPT_OUTS))(
    'gets the bytes of a bare server: %s',
    async (_name, { settings, headers = {} }) => {
      const { bare, filtered } = await servePair(handler, { settings })
      for (const path of ['/p/whole', '/p/streamed']) {
        const expected = await fetchRaw(bare.port, { path, headers })
        const actual = await fetchRaw(filtered.port, { path, headers })
        expect(withoutDate(actual.wire)).toBe(withoutDate(expected.wire))
      }
    },
  )

  test.each(Object.entries(OPT_OUTS))('is told the word when on the allowlist: %s', async (_name, optOut) => {
    const { settings, headers = {}, reason } = optOut
    const { port } = await serveFiltered(handler, { settings: { ...settings, allowedAddresses: ['127.0.0.1'] } })
    const response = await fetchRaw(port, { path: '/p/whole', headers })
    expect(response.header('facsimile-status')).toBe(`skipped; reason=${reason}`)
    expect(response.body.toString()).toBe(PAGE)
  })

  test.each([
    ['another value of the cookie', {}, { Cookie: 'WRUID=00' }],
    ['a cookie whose name only ends like it', {}, { Cookie: 'XWRUID=0' }],
    ['a signal that is not listed', {}, { 'Sec-GPC': '1', DNT: '1' }],
    ['a signal that says nothing', { privacySignals: ['gpc', 'dnt'] }, { 'Sec-GPC': '0', DNT: '0' }],
    ['the cookie, when it is switched off', { optOutCookie: false }, { Cookie: 'WRUID=0' }],
  ] as [string, FacsimileSettings, Record<string, string>][])(
    'is not: who sends %s',
    async (_name, settings, headers) => {
      const { port } = await serveFiltered(handler, { settings })
      expect((await fetchRaw(port, { headers })).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    },
  )
})

describe('rule 18: Vary', () => {
  const NAVIGATION = 'X-Requested-With, Sec-Fetch-Dest'
  const varied = (vary: string | readonly string[]): RequestListener => {
    return (_req, res) => res.setHeader('Vary', vary).setHeader('Content-Type', 'text/html').end(PAGE)
  }
  const vary = async (listener: RequestListener, settings: FacsimileSettings = {}) => {
    const { port } = await serveFiltered(listener, { settings })
    return (await fetchRaw(port)).header('vary')
  }

  test('names what decided over the snippets', async () => {
    expect(await vary(handler)).toBe(`Cookie, ${NAVIGATION}`)
    expect(await vary(handler, { privacySignals: ['gpc', 'dnt'] })).toBe(`Cookie, Sec-GPC, DNT, ${NAVIGATION}`)
    expect(await vary(handler, { optOutCookie: false })).toBe(NAVIGATION)
  })

  test('keeps what the application says, and says nothing twice', async () => {
    expect(await vary(varied('Accept-Language'))).toBe(`Accept-Language, Cookie, ${NAVIGATION}`)
    expect(await vary(varied(['Accept-Language', 'cookie']))).toBe(`Accept-Language, cookie, ${NAVIGATION}`)
    expect(await vary(varied('COOKIE,Sec-fetch-dest , X-REQUESTED-WITH'))).toBe(
      'COOKIE,Sec-fetch-dest , X-REQUESTED-WITH',
    )
    expect(await vary(varied('*'))).toBe('*')
  })

  test('is untouched when nothing is inserted', async () => {
    expect(await vary(handler, { disableFilter: true, disableCache: false })).toBeUndefined()
    expect(await vary((_req, res) => res.setHeader('Content-Type', 'text/plain').end(PAGE))).toBeUndefined()
  })
})

describe('Facsimile-Status', () => {
  test('tells a viewer on the allowlist what was inserted', async () => {
    const { port } = await serveFiltered(handler, { settings: { allowedAddresses: ['127.0.0.1'] } })
    expect((await fetchRaw(port)).header('facsimile-status')).toBe('injected; snippets=2')
    expect((await fetchRaw(port, { method: 'HEAD' })).header('facsimile-status')).toBe('injected; snippets=2')
  })

  test('is for nobody else', async () => {
    const { port } = await serveFiltered(handler, { settings: { allowedAddresses: ['192.0.2.1'] } })
    expect((await fetchRaw(port)).header('facsimile-status')).toBeUndefined()
    expect((await fetchRaw(port, { headers: { Cookie: 'WRUID=0' } })).header('facsimile-status')).toBeUndefined()
  })
})

describe('the fetch path', () => {
  test('is never filtered, wherever fetcher and filter are mounted', async () => {
    const facsimile = createTestFacsimile({ disableCache: false, allowedAddresses: ['127.0.0.1'] })
    const tokens: unknown[] = []
    const { port } = await serveFiltered(
      (_req, res) => {
        tokens.push(facsimile.tokenFor(res))
        res.setHeader('Content-Type', 'text/html').end(PAGE)
      },
      { facsimile: { ...facsimile, middleware: facsimile.responseFilter }, inside: [facsimile.fetcher] },
    )
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
    const copy = await fetchRaw(port, { path: `/facsimile?t=${String(tokens[0])}` })
    expect([copy.status, copy.body.toString()]).toEqual([200, PAGE])
    expect(copy.header('facsimile-status')).toBeUndefined()
  })
})

// Rule 16: writeHead() keeps status, reason and every header line, in each form that Node takes.
import { describe, expect, test } from '@jest/globals'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { fetchRaw, type RawResponse } from '../../support/raw-http.js'
import { PAGE, PAGE_WITH_SNIPPETS, serveFiltered, servePair } from '../../support/filtered-site.js'

const COOKIES = ['a=1; Path=/', 'b=2; HttpOnly']

/** Writes a page with the headers in one form of writeHead(), by `status` and `reason` where they are given. */
type Form = (res: ServerResponse) => unknown

const FORMS: Record<string, Form> = {
  'status, reason and object': (res) =>
    res.writeHead(200, 'Fine', { 'Content-Type': 'text/html', 'Set-Cookie': COOKIES, 'X-One': '1' }),
  'status and object': (res) => res.writeHead(404, { 'Content-Type': 'text/html', 'Set-Cookie': COOKIES, 'X-Two': 2 }),
  'status, no reason and object': (res) =>
    res.writeHead(200, undefined as unknown as string, { 'Content-Type': 'text/html', 'X-UPPER': 'kept' }),
  'status, reason and flat list': (res) =>
    res.writeHead(500, 'Broken', [
      'Content-Type',
      'text/html',
      'Set-Cookie',
      COOKIES[0],
      'Set-Cookie',
      COOKIES[1],
    ] as string[]),
  'status and flat list with a list in it': (res) =>
    res.writeHead(200, ['Content-Type', 'text/html', 'Set-Cookie', COOKIES] as unknown as OutgoingHttpHeaders),
  'status and nested list': (res) =>
    res.writeHead(200, [
      ['Content-Type', 'text/html'],
      ['Set-Cookie', COOKIES[0]],
      ['Set-Cookie', COOKIES[1]],
      ['X-Same', 'a'],
      ['X-Same', 'b'],
      ['X-Same', 3],
    ] as unknown as OutgoingHttpHeaders),
  'status alone after setHeader': (res) => {
    res.setHeader('Content-Type', 'text/html').setHeader('Set-Cookie', COOKIES)
    res.writeHead(201)
  },
  'status as text': (res) => res.writeHead('203' as unknown as number, { 'Content-Type': 'text/html' }),
  'status and object over setHeader': (res) => {
    res.setHeader('X-Over', 'old').setHeader('Content-Type', 'text/plain').setHeader('X-Kept', 'yes')
    res.writeHead(200, { 'content-type': 'text/html', 'x-over': 'new' })
  },
  'reason by statusMessage': (res) => {
    res.statusMessage = 'Quite fine'
    res.statusCode = 202
    res.setHeader('Content-Type', 'text/html')
  },
}

/** All but the date and what the filter documents: length and Vary. */
function linesToCompare({ lines }: RawResponse): readonly string[] {
  const changed = ['date', 'content-length', 'transfer-encoding', 'vary']
  return lines
    .filter(([name]) => !changed.includes(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${value}`)
    .sort()
}

describe('rule 16: writeHead()', () => {
  test.each(Object.entries(FORMS))('keeps status, reason and headers: %s', async (_name, form) => {
    const { bare, filtered } = await servePair((_req, res) => {
      form(res)
      res.end(PAGE)
    })
    const expected = await fetchRaw(bare.port)
    const actual = await fetchRaw(filtered.port)
    expect(actual.body.toString()).toBe(PAGE_WITH_SNIPPETS)
    expect(`${actual.status} ${actual.reason}`).toBe(`${expected.status} ${expected.reason}`)
    expect(linesToCompare(actual)).toEqual(linesToCompare(expected))
  })

  test('keeps a repeated Set-Cookie of a flat list even beside headers that were set before', async () => {
    const { port } = await serveFiltered((_req, res) => {
      res.setHeader('X-Powered-By', 'something')
      res.writeHead(200, ['Content-Type', 'text/html', 'Set-Cookie', COOKIES[0], 'Set-Cookie', COOKIES[1]] as string[])
      res.end(PAGE)
    })
    const { lines } = await fetchRaw(port)
    expect(lines.filter(([name]) => name === 'Set-Cookie').map(([, value]) => value)).toEqual(COOKIES)
  })

  test('leaves the list that the application gave as it was', async () => {
    const shared = ['a=1']
    const { port } = await serveFiltered((_req, res) => {
      res.writeHead(200, [
        'Content-Type',
        'text/html',
        'Set-Cookie',
        shared,
        'Set-Cookie',
        'b=2',
      ] as unknown as OutgoingHttpHeaders)
      res.end(PAGE)
    })
    expect((await fetchRaw(port)).header('set-cookie')).toBe('a=1, b=2')
    expect(shared).toEqual(['a=1'])
  })

  test('returns the response', async () => {
    const seen: boolean[] = []
    const { port } = await serveFiltered((_req, res) => {
      seen.push(res.writeHead(200, { 'Content-Type': 'text/html' }) === res)
      seen.push(res.headersSent)
      res.end(PAGE)
    })
    await fetchRaw(port)
    expect(seen).toEqual([true, true])
  })

  test.each([
    [
      'a second call',
      'ERR_HTTP_HEADERS_SENT',
      (res) => res.writeHead(200, { 'Content-Type': 'text/html' }).writeHead(200),
    ],
    [
      'an impossible status',
      'ERR_HTTP_INVALID_STATUS_CODE',
      (res) => res.writeHead(99, { 'Content-Type': 'text/html' }),
    ],
    [
      'an undefined value',
      'ERR_HTTP_INVALID_HEADER_VALUE',
      (res) => res.writeHead(200, { 'Content-Type': 'text/html', 'X-A': undefined }),
    ],
    [
      'an undefined value of a name that is repeated',
      'ERR_HTTP_INVALID_HEADER_VALUE',
      (res) => res.writeHead(200, ['Content-Type', 'text/html', 'X-A', '1', 'X-A', undefined] as string[]),
    ],
    [
      'a value with a line break',
      'ERR_INVALID_CHAR',
      (res) => res.writeHead(200, { 'Content-Type': 'text/html', 'X-A': 'a\nb' }),
    ],
    [
      'a reason with a line break',
      'ERR_INVALID_CHAR',
      (res) => res.writeHead(200, 'a\nb', { 'Content-Type': 'text/html' }),
    ],
    [
      'a list of odd length',
      'ERR_INVALID_ARG_VALUE',
      (res) => res.writeHead(200, ['Content-Type', 'text/html', 'X-A']),
    ],
  ] as [string, string, Form][])('throws what Node throws for %s', async (_name, code, form) => {
    const { bare, filtered } = await servePair((_req, res) => {
      try {
        form(res)
      } catch (error) {
        if (!res.headersSent) res.statusMessage = ''
        if (!res.headersSent) res.statusCode = 400
        return res.end((error as NodeJS.ErrnoException).code)
      }
      return res.end('nothing was thrown')
    })
    expect((await fetchRaw(bare.port)).body.toString()).toBe(code)
    expect((await fetchRaw(filtered.port)).body.toString()).toBe(code)
  })

  test.each([
    ['to HEAD', { method: 'HEAD' }, 200],
    ['that is not modified', {}, 304],
  ])('throws what Node throws for a value with a line break in an answer %s', async (_name, request, status) => {
    const codes: unknown[] = []
    const { port } = await serveFiltered((req, res) => {
      res.setHeader('ETag', '"v1"')
      if (req.url === '/page') return res.setHeader('Content-Type', 'text/html').end(PAGE)
      try {
        res.writeHead(status, { 'Content-Type': 'text/html', 'X-A': 'a\nb' })
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code)
      }
      return res.writeHead(400).end()
    })
    const tag = (await fetchRaw(port, { path: '/page' })).header('etag') ?? ''
    const response = await fetchRaw(port, { ...request, headers: { 'If-None-Match': tag } })
    expect([response.status, codes]).toEqual([400, ['ERR_INVALID_CHAR']])
  })

  test('lets the application answer anew after a head that Node refused', async () => {
    const { port } = await serveFiltered((_req, res) => {
      res.setHeader('Content-Type', 'text/html')
      res.statusMessage = 'a\nb'
      try {
        res.end(PAGE)
      } catch {
        res.statusMessage = 'Broken'
        res.statusCode = 500
        res.end('sorry')
      }
    })
    const response = await fetchRaw(port)
    expect(`${response.status} ${response.reason} ${response.body.toString()}`).toBe('500 Broken sorry')
  })
})

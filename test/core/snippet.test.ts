// Snippets: literal text but for three placeholders, in their order, in the pages that they are meant for.
import { runInNewContext } from 'node:vm'
import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { compileSnippets, takeNoncesOut, type Snippet, type SnippetRequest, type SnippetValues } from '@facsimile/core'
import { shown } from './shown-text.js'

const REQUEST: SnippetRequest = { path: '/a', method: 'GET', headers: {} }
const UTF8 = { isUtf8: true, host: undefined, policies: takeNoncesOut("script-src 'nonce-r4nd0m'", undefined) }
const OTHER = { ...UTF8, isUtf8: false }
const VALUES: SnippetValues = { fetchUrl: '/facsimile?t=TOKEN', token: 'TOKEN', nonces: ['r4nd0m'] }

const snippet = (html: string, more: Partial<Snippet> = {}): Snippet => ({
  name: html,
  html,
  placement: 'body-end',
  ...more,
})
const setOf = (...snippets: Snippet[]) => compileSnippets(snippets)(REQUEST)
const textOf = (html: string, values = VALUES, page = UTF8) =>
  shown(setOf(snippet(html)).fit(page).render(values, true).bodyEnd)

describe('placeholders', () => {
  test.each([
    ['f(%FetchUrl%)', 'f("/facsimile?t=TOKEN")'],
    ["t='%CacheToken%'", "t='TOKEN'"],
    ['<script nonce="%Nonce%">', '<script nonce="r4nd0m">'],
    ['%%FetchUrl%%', '%"/facsimile?t=TOKEN"%'],
    ['%CacheToken%CacheToken%', 'TOKENCacheToken%'],
    ['%CacheToken%%CacheToken%', 'TOKENTOKEN'],
  ])('%s becomes %s', (html, text) => {
    expect(textOf(html)).toBe(text)
  })

  test.each([
    '%Other%',
    '%fetchurl%',
    '%FETCHURL%',
    '% FetchUrl %',
    '%FetchUrl',
    'FetchUrl%',
    '100%',
    '$&',
    "$1$$$`$'",
    '\\1\\',
    '%s%d%j',
  ])('%j is literal text', (html) => {
    expect(textOf(html)).toBe(html)
    expect(textOf(`${html}|%Nonce%`)).toBe(`${html}|r4nd0m`)
  })

  test('values are not looked at for placeholders', () => {
    expect(textOf('%CacheToken%%Nonce%', { ...VALUES, token: '%Nonce%', nonces: ['$&%CacheToken%'] })).toBe(
      '%Nonce%$&%CacheToken%',
    )
  })

  test('without a stored page %FetchUrl% is null and the others are empty', () => {
    const nothing = { fetchUrl: undefined, token: undefined, nonces: [] }
    expect(textOf('f(%FetchUrl%,"%CacheToken%","%Nonce%")', nothing)).toBe('f(null,"","")')
  })

  test('the end of one snippet and the start of the next make no placeholder', () => {
    const set = setOf(snippet('a%Cache'), snippet('Token%b%Nonce%'))
    expect(set.carriesToken).toBe(false)
    expect(shown(set.fit(UTF8).render(VALUES, true).bodyEnd)).toBe('a%CacheToken%br4nd0m')
  })

  test('the set tells which values it needs', () => {
    expect(setOf(snippet('x'))).toMatchObject({ carriesToken: false })
    expect(setOf(snippet('%FetchUrl%'))).toMatchObject({ carriesToken: true })
    expect(setOf(snippet('%CacheToken%'), snippet('%Nonce%'))).toMatchObject({ carriesToken: true })
  })
})

describe('%FetchUrl% as a string literal', () => {
  const literalOf = (fetchUrl: string) => String(textOf('%FetchUrl%', { ...VALUES, fetchUrl }))

  test.each(['</script>', '<!--', ']]>', '"', "'", '\\', '\n\r\u2028\u2029', '&quot;', 'é€😀', '\0', '`${x}`'])(
    '%j comes out as it went in, and can end neither script nor attribute',
    (text) => {
      const literal = literalOf(text)
      expect(runInNewContext(literal)).toBe(text)
      expect(literal).toMatch(/^"[ -~]*"$/)
      expect(literal).not.toMatch(/[<>&']/)
    },
  )

  test('so does any other text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
        const literal = literalOf(text)
        expect(runInNewContext(literal)).toBe(text)
        expect(literal).toMatch(/^"[ !#-%(-;=?-~\\"]*"$/)
      }),
      { numRuns: 300 },
    )
  })
})

describe('order and placement', () => {
  test('snippets of one placement follow one another in the order of the list', () => {
    const set = setOf(
      snippet('1', { placement: 'body-end' }),
      snippet('2', { placement: 'head-start' }),
      snippet('3', { placement: 'body-end' }),
      snippet('4', { placement: 'head-end' }),
      snippet('5', { placement: 'body-start' }),
      snippet('6', { placement: 'head-start' }),
    )
    const { headStart, headEnd, bodyStart, bodyEnd } = set.fit(UTF8).render(VALUES, true)
    expect([headStart, headEnd, bodyStart, bodyEnd].map(String)).toEqual(['26', '4', '5', '13'])
    expect(set.count).toBe(6)
  })

  test('a placement without snippets has no text', () => {
    expect(setOf(snippet('x')).fit(UTF8).render(VALUES, true)).toMatchObject({
      headStart: undefined,
      headEnd: undefined,
      bodyStart: undefined,
    })
  })

  test('snippets beyond ASCII go only into pages that are known to be UTF-8', () => {
    const set = setOf(snippet('<i>ascii</i>'), snippet('<b>Grüße</b>'), snippet('<u>%CacheToken%</u>'))
    expect(shown(set.fit(UTF8).render(VALUES, true).bodyEnd)).toBe('<i>ascii</i><b>Grüße</b><u>TOKEN</u>')
    expect(shown(set.fit(OTHER).render(VALUES, true).bodyEnd)).toBe('<i>ascii</i><u>TOKEN</u>')
    expect(setOf(snippet('é')).fit(OTHER).render(VALUES, true).bodyEnd).toBeUndefined()
  })

  test('whether the charset is known is handed on', () => {
    expect(setOf(snippet('x')).fit(OTHER).render(VALUES, false).charsetKnown).toBe(false)
  })
})

describe('unlessPageContains', () => {
  const marked = (html: string, unlessPageContains: string) => snippet(html, { unlessPageContains })
  const partsOf = (...snippets: Snippet[]) =>
    shown(
      setOf(...snippets)
        .fit(UTF8)
        .render(VALUES, true).bodyEnd,
    )

  test('makes a part of its own; snippets without it are one part with their neighbours', () => {
    expect(partsOf(snippet('1'), snippet('2'), marked('3', 'é'), snippet('4'), snippet('5'), marked('6', 'm'))).toEqual(
      ['12', '3 unless é', '45', '6 unless m'],
    )
    expect(partsOf(marked('1', 'm'), marked('2', 'm'))).toEqual(['1 unless m', '2 unless m'])
  })

  test('where it is not used there is one text', () => {
    expect(partsOf(snippet('1'), snippet('2', { unlessPageContains: undefined }))).toBe('12')
  })

  test('placeholders are filled in as anywhere, and the marker is literal', () => {
    expect(partsOf(marked('t=%CacheToken%', '%CacheToken%'), snippet('|%Nonce%'))).toEqual([
      't=TOKEN unless %CacheToken%',
      '|r4nd0m',
    ])
    expect(setOf(marked('%CacheToken%', 'x')).carriesToken).toBe(true)
  })

  test('a part beyond ASCII is left out of pages that may be in another charset', () => {
    const set = setOf(marked('é', 'x'), snippet('1'))
    expect(shown(set.fit(OTHER).render(VALUES, true).bodyEnd)).toBe('1')
  })
})

describe('the identity of a set', () => {
  const base = [snippet('a'), snippet('b')]

  test.each<[change: string, changed: Snippet[]]>([
    ['text', [snippet('a'), snippet('B')]],
    ['order', [snippet('b'), snippet('a')]],
    ['placement', [snippet('a'), snippet('b', { placement: 'head-end' })]],
    ['one more', [...base, snippet('c')]],
    ['one less', [snippet('a')]],
    ['other borders', [snippet('ab')]],
    ['a marker', [snippet('a'), snippet('b', { unlessPageContains: 'm' })]],
  ])('changes with %s', (_change, changed) => {
    expect(setOf(...changed).id).not.toBe(setOf(...base).id)
  })

  test('stays when only names and conditions change, and is safe in an entity tag', () => {
    const renamed = [snippet('a', { name: 'x', when: ['/a'] }), snippet('b', { when: () => true })]
    expect(setOf(...renamed).id).toBe(setOf(...base).id)
    expect(setOf(...base).id).toMatch(/^[0-9a-f]{12}$/)
  })
})

describe('when', () => {
  test('a list of patterns looks at the path', () => {
    const choose = compileSnippets([snippet('a', { when: ['/a/**', '/b'] }), snippet('z')])
    const chosen = (path: string) =>
      shown(
        choose({ ...REQUEST, path })
          .fit(UTF8)
          .render(VALUES, true).bodyEnd,
      )
    expect(['/a', '/a/x', '/B/', '/c'].map(chosen)).toEqual(['az', 'az', 'az', 'z'])
    expect(compileSnippets([snippet('a', { when: [] })])(REQUEST).count).toBe(0)
  })

  test('a function looks at the whole request, and each combination is made once', () => {
    const seen: SnippetRequest[] = []
    const choose = compileSnippets([
      snippet('a', { when: (request) => seen.push(request) > 0 && request.method === 'POST' }),
      snippet('b', { when: ({ headers }) => headers['x-b'] === '1' }),
    ])
    const post = { path: '/x', method: 'POST', headers: { 'x-b': '1' } }
    expect(choose(REQUEST).count).toBe(0)
    expect(choose(post).count).toBe(2)
    expect(choose({ ...post })).toBe(choose(post))
    expect(choose({ ...post, headers: {} }).count).toBe(1)
    expect(seen[1]).toBe(post)
  })

  test('an answer that is no boolean counts as true or false, one request at a time', () => {
    let answer: unknown
    const choose = compileSnippets([snippet('a', { when: () => answer as boolean })])
    const counts = [undefined, 'yes', null, {}, 0, NaN, 1, ''].map((value) => {
      answer = value
      return choose(REQUEST).count
    })
    expect(counts).toEqual([0, 1, 0, 1, 0, 0, 1, 0])
  })

  test.each<[how: string, ask: () => Promise<boolean>]>([
    ['resolves', () => Promise.resolve(false)],
    ['rejects', () => Promise.reject(new Error('no consent'))],
  ])('a promise is refused, whether it %s', (_how, ask) => {
    const choose = compileSnippets([snippet('a', { name: 'asks', when: ask as unknown as () => boolean })])
    expect(() => choose(REQUEST)).toThrow(
      expect.objectContaining({
        code: 'SETTINGS_INVALID',
        message: 'The `when` of snippet "asks" answered with a promise; it must answer true or false at once.',
      }),
    )
  })

  test('nobody is left to deal with the failure of a refused promise', async () => {
    const promise = Promise.reject(new Error('no consent'))
    const then = jest.spyOn(promise, 'catch')
    const choose = compileSnippets([snippet('a', { when: (() => promise) as unknown as () => boolean })])
    expect(() => choose(REQUEST)).toThrow()
    expect(then).toHaveBeenCalledTimes(1)
    expect(await then.mock.results[0]?.value).toBeUndefined()
  })

  test('many conditions make no more sets than are remembered, and all are right', () => {
    const choose = compileSnippets(
      Array.from({ length: 10 }, (_, bit) =>
        snippet(String(bit), { when: ({ path }) => ((Number(path) >> bit) & 1) === 1 }),
      ),
    )
    for (let number = 0; number < 1024; number++) {
      const bits = number.toString(2).replaceAll('0', '').length
      expect(choose({ ...REQUEST, path: String(number) }).count).toBe(bits)
    }
    const [first, last] = [0, 1023].map((number) => ({ ...REQUEST, path: String(number) }))
    expect(choose(first!)).toBe(choose(first!))
    expect(choose(last!)).not.toBe(choose(last!))
  })
})

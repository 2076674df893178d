// How snippets are fitted to a page's policies: which nonce each element gets, and what hashes the policies need.
import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { addSources, compileSnippets, takeNoncesOut, type CspMode, type Snippet } from '@facsimile/core'
import { shown } from '../shown-text.js'

const REQUEST = { path: '/', method: 'GET', headers: {} }
const HOST = 'shop.example'

const snippet = (name: string, html: string): Snippet => ({ name, html, placement: 'body-end' })
const setOf = (html: string, csp: CspMode = 'nonce') => compileSnippets([snippet('s', html)], csp)(REQUEST)

interface Policies {
  readonly enforced?: string
  readonly reported?: string
}

/** What a snippet becomes in a page with these policies. */
function rendered(html: string, { enforced, reported }: Policies) {
  const policies = takeNoncesOut(enforced, reported)
  const values = { fetchUrl: '/f?t=T', token: 'T', nonces: policies.nonces }
  const { bodyEnd } = setOf(html).fit({ isUtf8: true, host: HOST, policies }).render(values, true)
  return shown(bodyEnd)
}

/** What `csp: 'hash'` makes of a header, and what it leaves out. */
function widened(html: string, ...lines: readonly string[]) {
  const policies = takeNoncesOut(lines.join(', '), undefined)
  const fitted = setOf(html, 'hash').fit({ isUtf8: true, host: HOST, policies })
  const added = fitted.sourcesFor({ fetchUrl: '/f?t=T', token: 'T', nonces: policies.nonces })
  return { lines: addSources(lines, added), blocked: fitted.blocked.map(({ directive }) => directive) }
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const NONCE = { enforced: "default-src 'nonce-r4nd0m'" }

describe('the nonce', () => {
  test.each([
    ['<script>a</script>', '<script nonce="r4nd0m">a</script>'],
    [
      '<SCRIPT\nsrc=/a></SCRIPT><style>b</style>',
      '<SCRIPT nonce="r4nd0m"\nsrc=/a></SCRIPT><style nonce="r4nd0m">b</style>',
    ],
    ['<link rel=stylesheet href=/a>', '<link nonce="r4nd0m" rel=stylesheet href=/a>'],
    ['<script/>a</script>', '<script nonce="r4nd0m"/>a</script>'],
    ['<script nonce="%Nonce%">a</script>', '<script nonce="r4nd0m">a</script>'],
    ['<script async nonce=%Nonce%>a</script>', '<script async nonce=r4nd0m>a</script>'],
    ["<script nonce='r4nd0m'>a</script>", "<script nonce='r4nd0m'>a</script>"],
    ['<script>f("%Nonce%", %FetchUrl%)</script>é', '<script nonce="r4nd0m">f("r4nd0m", "/f?t=T")</script>é'],
    ['<script type="a/b">a</script><b>%Nonce%</b>', '<script type="a/b">a</script><b>r4nd0m</b>'],
    ['<!--<script>--><p title="<script>">', '<!--<script>--><p title="<script>">'],
    ['<script>"<script>"</script>', '<script nonce="r4nd0m">"<script>"</script>'],
    ['<script t>a</script>', '<script nonce="r4nd0m" t>a</script>'],
    ['<script type>a</script>', '<script nonce="r4nd0m" type>a</script>'],
    ['<script src="/a', '<script src="/a'],
    ['<script t=a/b type>a</script>', '<script nonce="r4nd0m" t=a/b type>a</script>'],
    ['<[<script>a</script>', '<[<script nonce="r4nd0m">a</script>'],
    ['<plaintext><script>a</script>', '<plaintext><script>a</script>'],
  ])('%j becomes %j', (html, text) => {
    expect(rendered(html, NONCE)).toBe(text)
  })

  test('that a snippet brings itself is judged by the policies of each page, however alike they are', () => {
    const set = setOf('<script nonce="one">a</script>')
    const blockedFor = (nonce: string) => {
      const policies = takeNoncesOut(`script-src 'nonce-${nonce}'`, undefined)
      return set.fit({ isUtf8: true, host: HOST, policies }).blocked.length
    }
    expect(['one', 'two', 'one', 'six'].map(blockedFor)).toEqual([0, 1, 0, 1])
  })

  test('is known to be in the page wherever it stands', () => {
    const carriesNonce = (html: string, enforced: string) =>
      setOf(html).fit({ isUtf8: true, host: HOST, policies: takeNoncesOut(enforced, undefined) }).carriesNonce
    for (const html of ['<script>a</script>', '<b>%Nonce%</b>']) {
      expect(carriesNonce(html, "default-src 'nonce-r4nd0m'")).toBe(true)
      expect(carriesNonce(html, "default-src * 'unsafe-inline'")).toBe(false)
    }
    expect(carriesNonce('<b>x</b>', "default-src 'nonce-r4nd0m'")).toBe(false)
  })

  test('is put nowhere where there is none', () => {
    const html = '<script>a</script><script nonce="%Nonce%">"%Nonce%"</script>'
    const text = '<script>a</script><script nonce="">""</script>'
    expect(rendered(html, { enforced: "default-src 'unsafe-inline'" })).toBe(text)
    expect(rendered(html, { enforced: "script-src 'unsafe-inline' 'nonce-<>'" })).toBe(text)
    expect(rendered(html, {})).toBe(text)
  })

  test('is that of the directive which governs the element', () => {
    const enforced = "script-src 'nonce-one'; style-src 'nonce-two'"
    expect(rendered('<style nonce="%Nonce%">%Nonce%</style><script>%Nonce%</script>', { enforced })).toBe(
      '<style nonce="two">one</style><script nonce="one">one</script>',
    )
  })

  test.each([
    ['the first of several', { enforced: "script-src 'nonce-one' 'nonce-two'" }, 'one'],
    ['the one on which policies agree', { enforced: "script-src 'nonce-a' 'nonce-b', script-src 'nonce-b'" }, 'b'],
    ['that of a policy which only reports', { reported: "script-src 'nonce-r'" }, 'r'],
    [
      'that of a policy which only reports, beside one without',
      { enforced: 'img-src *', reported: NONCE.enforced },
      'r4nd0m',
    ],
    ['that of a policy which blocks', { enforced: "script-src 'nonce-e'", reported: "script-src 'nonce-r'" }, 'e'],
    [
      'the one that spares a report',
      { enforced: "script-src 'nonce-e' 'nonce-r'", reported: "script-src 'nonce-r'" },
      'r',
    ],
  ])('is %s', (_which, policies: Policies, nonce) => {
    expect(rendered('<script>a</script>', policies)).toBe(`<script nonce="${nonce}">a</script>`)
  })

  test('is chosen for each element: one may pass by its host', () => {
    const enforced =
      "script-src 'nonce-a' cdn.example, script-src 'nonce-b' 'nonce-c' cdn.example 'unsafe-inline', script-src *"
    expect(rendered('<script src="//cdn.example/x.js"></script>', { enforced })).toBe(
      '<script nonce="a" src="//cdn.example/x.js"></script>',
    )
  })
})

describe('fitting', () => {
  test('a snippet of which a part is blocked is left out whole, and the others go in', () => {
    const set = compileSnippets([
      snippet('half', '<script>a</script><b onclick=b></b>'),
      snippet('whole', '<script>c</script>'),
    ])(REQUEST)
    const policies = takeNoncesOut(NONCE.enforced, undefined)
    const fitted = set.fit({ isUtf8: true, host: HOST, policies })
    expect(fitted).toMatchObject({ count: 1, blocked: [{ snippet: 'half', directive: 'default-src' }] })
    const { bodyEnd } = fitted.render({ fetchUrl: undefined, token: undefined, nonces: policies.nonces }, true)
    expect(shown(bodyEnd)).toBe('<script nonce="r4nd0m">c</script>')
  })

  test('is done once for policies that differ by their nonces alone', () => {
    const set = setOf('<script src=/a></script>')
    const fit = (enforced: string, host = HOST) =>
      set.fit({ isUtf8: true, host, policies: takeNoncesOut(enforced, undefined) })
    const first = fit("script-src 'nonce-a' 'nonce-b'")
    expect(fit("script-src 'nonce-c' 'nonce-d'")).toBe(first)
    expect(fit("script-src 'nonce-c' 'nonce-c'")).not.toBe(first)
    expect(fit("script-src 'nonce-a' 'nonce-b'", 'other.example')).not.toBe(first)
    expect(fit("script-src 'nonce-a' 'nonce-b'")).toBe(first)
    for (let count = 0; count < 1000; count++) fit(`script-src 'nonce-a'; report-uri /${count}`)
    expect(fit("script-src 'nonce-a' 'nonce-b'")).toEqual({
      ...first,
      render: expect.any(Function),
      sourcesFor: expect.any(Function),
    })
  })

  test('is done once for all hosts where no snippet loads anything', () => {
    const set = setOf('<script>a</script>')
    const fit = (host: string) =>
      set.fit({ isUtf8: true, host, policies: takeNoncesOut("script-src 'self'", undefined) })
    expect(fit('other.example')).toBe(fit(HOST))
  })

  test('takes no part of one header for a part of the other, whatever they hold', () => {
    for (let code = 0x20; code < 0x100; code++) {
      const set = setOf('<script>a</script>')
      const mark = String.fromCharCode(code)
      const fit = (enforced: string, reported: string) =>
        set.fit({ isUtf8: true, host: HOST, policies: takeNoncesOut(enforced, reported) })
      const first = fit(`img-src *${mark}script-src 'self'`, '')
      expect(fit('img-src *', `script-src 'self'${mark}`)).not.toBe(first)
    }
  })

  test('is done anew for a policy that is too long to be kept', () => {
    const set = setOf('<script src=/a></script>')
    const policies = takeNoncesOut(`script-src 'self'; report-uri /${'x'.repeat(10_000)}`, undefined)
    const page = { isUtf8: true, host: HOST, policies }
    expect(set.fit(page)).not.toBe(set.fit(page))
    expect(set.fit(page).count).toBe(1)
  })

  test('leaves the identity of the set alone, unless something is blocked', () => {
    const set = setOf('<script>a</script>')
    const idUnder = (enforced: string) =>
      set.fit({ isUtf8: false, host: HOST, policies: takeNoncesOut(enforced, undefined) }).id
    expect(idUnder(NONCE.enforced)).toBe(set.id)
    expect(idUnder("script-src 'self'")).not.toBe(set.id)
  })

  test('counts what goes in: a page that is not UTF-8 takes no snippet beyond ASCII', () => {
    const set = compileSnippets([snippet('a', 'ä'), snippet('b', 'b')])(REQUEST)
    const count = (isUtf8: boolean, policies = takeNoncesOut('img-src *', undefined)) =>
      set.fit({ isUtf8, host: HOST, policies }).count
    expect([count(true), count(false), set.count]).toEqual([2, 1, 2])
    expect(set.fit({ isUtf8: false, host: HOST, policies: undefined }).count).toBe(1)
  })
})

describe('hashes', () => {
  const A = '<script>a</script>'

  test.each([
    ["script-src 'self'", `script-src 'self' ${hashOf('a')}`],
    ["img-src *; Script-Src  'self' ;x", `img-src *; Script-Src  'self' ${hashOf('a')};x`],
    ["script-src 'none'", `script-src ${hashOf('a')}`],
    ['script-src', `script-src ${hashOf('a')}`],
    [
      "default-src 'self' x.example; img-src *",
      `default-src 'self' x.example; script-src 'self' x.example ${hashOf('a')}; img-src *`,
    ],
    ["default-src 'none'", `default-src 'none'; script-src ${hashOf('a')}`],
    ["script-src-elem 'self'; script-src 'none'", `script-src-elem 'self' ${hashOf('a')}; script-src 'none'`],
    ["script-src 'self'; script-src 'none'", `script-src 'self' ${hashOf('a')}; script-src 'none'`],
    ["script-src \u00e9; script-src 'self'", `script-src \u00e9; script-src 'self' ${hashOf('a')}`],
    [
      "script-src 'self', script-src *, img-src *",
      `script-src 'self' ${hashOf('a')}, script-src * ${hashOf('a')}, img-src *`,
    ],
    ["script-src 'unsafe-inline' 'strict-dynamic'", `script-src 'unsafe-inline' 'strict-dynamic' ${hashOf('a')}`],
  ])('%j becomes %j', (before, after) => {
    expect(widened(A, before)).toEqual({ lines: [after], blocked: [] })
  })

  test.each([
    "script-src 'nonce-a'",
    "script-src 'unsafe-inline'",
    `script-src ${hashOf('a')}`,
    "style-src 'self'",
    'img-src *',
    '',
  ])('%j needs none', (line) => {
    expect(widened(A, line)).toEqual({ lines: [line], blocked: [] })
  })

  test('go to the policy that blocks, in whatever line it is', () => {
    const lines = ["script-src 'nonce-a', img-src *", 'default-src *', "script-src 'nonce-a'"]
    expect(widened(A, ...lines).lines).toEqual([
      "script-src 'nonce-a', img-src *",
      `default-src *; script-src * ${hashOf('a')}`,
      "script-src 'nonce-a'",
    ])
  })

  test('are of the text as the page has it', () => {
    const html = '<script>\r\nf(%FetchUrl%)\r</script><style>é</style>'
    expect(widened(html, "default-src 'self'").lines).toEqual([
      `default-src 'self'; script-src 'self' ${hashOf('\nf("/f?t=T")\n')}; style-src 'self' ${hashOf('é')}`,
    ])
  })

  test('are two where the page may be XHTML, which takes the borders of CDATA away', () => {
    for (const code of ['a<b', '%CacheToken%<b']) {
      const text = code.replace('%CacheToken%', 'T')
      const html = `<script>//<![CDATA[\n${code}\n//]]></script>`
      expect(widened(html, 'script-src a.example').lines).toEqual([
        `script-src a.example ${hashOf(`//<![CDATA[\n${text}\n//]]>`)} ${hashOf(`//\n${text}\n//`)}`,
      ])
    }
  })

  test('of files come from the integrity attribute', () => {
    const html = '<script src="//cdn.example/a.js" integrity="sha384-AAAA SHA512-BBBB?x" crossorigin></script>'
    expect(widened(html, "script-src 'self'")).toEqual({
      lines: ["script-src 'self' 'sha384-AAAA' 'sha512-BBBB'"],
      blocked: [],
    })
  })

  test('are added once, though two scripts are the same', () => {
    expect(widened(A + A, 'script-src x.example').lines).toEqual([`script-src x.example ${hashOf('a')}`])
  })

  test.each([
    ['a file without integrity', '<script src=//cdn.example/a.js></script>', "script-src 'self'", 'script-src'],
    [
      'a style sheet',
      '<link rel=stylesheet href=//cdn.example/a.css integrity=sha256-AAAA>',
      "style-src 'self'",
      'style-src',
    ],
    ['an event handler', '<b onclick=a></b>', "script-src 'self'", 'script-src'],
    ['a javascript: URL', '<a href=javascript:a></a>', "script-src 'self'", 'script-src'],
    ['a style attribute', '<b style=a></b>', "style-src 'self'", 'style-src'],
    ['a sandbox', A, 'sandbox', 'sandbox'],
    ['a handler beside a script', `${A}<b onclick=a></b>`, "script-src 'self'", 'script-src'],
  ])('do not help %s', (_what, html, line, directive) => {
    expect(widened(html, line)).toEqual({ lines: [line], blocked: [directive] })
  })

  test("never switch off an 'unsafe-inline' on which the page relies", () => {
    const line = "script-src 'unsafe-inline' 'self'"
    const file = '<script src=//cdn.example/a.js integrity=sha256-AAAA></script>'
    expect(widened(file, line)).toEqual({ lines: [line], blocked: ['script-src'] })
  })
})

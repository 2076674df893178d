// What a policy lets be, by the rules of CSP Level 3 one by one.
import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { compileSnippets, takeNoncesOut, type CspMode } from '@facsimile/core'

interface Page {
  readonly reported?: string
  readonly host?: string
  readonly csp?: CspMode
}

/** The directive that keeps a snippet with this HTML out of a page with this policy. */
function blockedBy(html: string, enforced: string, { reported, host = 'shop.example', csp = 'nonce' }: Page = {}) {
  const set = compileSnippets(
    [{ name: 's', html, placement: 'body-end' }],
    csp,
  )({
    path: '/',
    method: 'GET',
    headers: {},
  })
  const { blocked } = set.fit({ isUtf8: true, host, policies: takeNoncesOut(enforced, reported) })
  return blocked[0]?.directive
}

const CODE = 'go()'
const SCRIPT = `<script>${CODE}</script>`
const STYLE = `<style>${CODE}</style>`
const load = (src: string, more = '') => `<script src="${src}"${more}></script>`
const hashOf = (algorithm: string, text = CODE) => `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`

describe('6.8 the nearest directive governs', () => {
  test.each([
    [SCRIPT, "default-src 'none'", 'default-src'],
    [SCRIPT, "script-src 'none'; default-src *", 'script-src'],
    [SCRIPT, "script-src-elem 'none'; script-src 'unsafe-inline'", 'script-src-elem'],
    [SCRIPT, "script-src-elem 'unsafe-inline'; script-src 'none'; default-src 'none'", undefined],
    [SCRIPT, "script-src-attr 'none'; style-src 'none'; img-src 'none'", undefined],
    [STYLE, "default-src 'none'", 'default-src'],
    [STYLE, "style-src 'none'; default-src *", 'style-src'],
    [STYLE, "style-src-elem 'none'; style-src 'unsafe-inline'", 'style-src-elem'],
    [STYLE, "style-src-elem 'unsafe-inline'; style-src 'none'", undefined],
    [STYLE, "script-src 'none'; style-src-attr 'none'", undefined],
    ['<link rel="alternate StyleSheet" href=/a.css>', "style-src 'none'", 'style-src'],
    ['<link rel=icon href=/a.ico>', "style-src 'none'; script-src 'none'", undefined],
    ['<b onclick=go()>', "script-src-attr 'none'; script-src 'unsafe-inline'", 'script-src-attr'],
    ['<b onclick=go()>', "script-src-elem 'unsafe-inline'; script-src 'none'", 'script-src'],
    ['<b onclick=go()>', "script-src-elem 'none'; default-src 'unsafe-inline'", undefined],
    ['<a href="&#32;x">', "script-src 'none'", undefined],
    ['<a href=" java\nscript:go()">', "script-src-elem 'none'; script-src 'unsafe-inline'", 'script-src-elem'],
    ['<b style=color:red>', "style-src-attr 'none'; style-src 'unsafe-inline'", 'style-src-attr'],
    ['<b style=color:red>', "style-src-elem 'none'; style-src 'unsafe-inline'", undefined],
    [SCRIPT, 'sandbox', 'sandbox'],
    [SCRIPT, 'sandbox allow-forms Allow-Scripts', undefined],
    [STYLE, 'sandbox', undefined],
  ])('%s under %s: %s', (html, policy, directive) => {
    expect(blockedBy(html, policy)).toBe(directive)
  })
})

describe('2.2 how policies are read', () => {
  test.each([
    ["SCRIPT-SRC 'NONE'", 'script-src'],
    ["  script-src\t'none'  ;", 'script-src'],
    [";;script-src 'unsafe-inline';script-src 'none'", undefined],
    ["script-src 'unsafe-inline', script-src 'none'", 'script-src'],
    ["script-src 'unsafe-inline',, default-src 'none'", 'default-src'],
    ["script-src\u00a0'none'", undefined],
    ["script-src 'none' \u00e9", undefined],
    ['script-src', 'script-src'],
    ["script-src 'none' 'unsafe-inline'", undefined],
    ['', undefined],
  ])('%j: %s', (policy, directive) => {
    expect(blockedBy(SCRIPT, policy)).toBe(directive)
  })
})

describe('6.7.3.2 unsafe-inline', () => {
  test.each([
    ["'unsafe-inline'", undefined, undefined],
    ["'UNSAFE-inline' 'self'", undefined, undefined],
    ["'unsafe-inline' 'strict-dynamic'", 'default-src', undefined],
    ["'unsafe-inline' 'sha256-AAAA'", 'default-src', 'default-src'],
    ["'unsafe-inline' 'sha1-AAAA' 'nonce-' 'nonce-a!' nonce-a", undefined, undefined],
    ["'unsafe-eval' 'unsafe-hashes'", 'default-src', 'default-src'],
  ])('%s: scripts %s, styles %s', (sources, script, style) => {
    expect(blockedBy(SCRIPT, `default-src ${sources}`)).toBe(script)
    expect(blockedBy(STYLE, `default-src ${sources}`)).toBe(style)
  })

  test.each([
    ['<b onclick="go()">', "script-src 'nonce-a' 'unsafe-inline'", 'script-src'],
    ['<b onclick="go()">', `script-src '${hashOf('sha256')}'`, 'script-src'],
    ['<b onclick="go()">', `script-src 'unsafe-hashes' '${hashOf('sha256')}'`, undefined],
    ['<b onclick="go(1 &amp; 2)">', `script-src 'unsafe-hashes' '${hashOf('sha256', 'go(1 &amp; 2)')}'`, 'script-src'],
    ['<b style="go()">', `style-src 'unsafe-hashes' '${hashOf('sha512')}'`, undefined],
  ])('attributes have no nonce, and a hash only with unsafe-hashes: %s under %s: %s', (html, policy, directive) => {
    expect(blockedBy(html, policy)).toBe(directive)
  })
})

describe('6.7.3.3 nonces', () => {
  test.each([
    [SCRIPT, "script-src 'nonce-abc'", undefined],
    [STYLE, "style-src 'nonce-a+/-_=='", undefined],
    [STYLE, "script-src 'nonce-a'; style-src 'self'", 'style-src'],
    [load('https://cdn.example/a.js'), "script-src 'nonce-abc' 'strict-dynamic'", undefined],
    ['<link rel=stylesheet href=https://cdn.example/a.css>', "style-src 'nonce-a'", undefined],
    ['<script nonce=abc>go()</script>', "script-src 'nonce-abc'", undefined],
    ['<script nonce=abc>go()</script>', "script-src 'nonce-ABC'", 'script-src'],
    ['<script nonce=0>go()</script>', "script-src 'nonce-abc'", 'script-src'],
    ['<script nonce=%Nonce%>go()</script>', "script-src 'nonce-abc'", undefined],
    // 6.7.3.1: what may be markup that somebody left open has no nonce.
    ['<script a="<SCRIPT">go()</script>', "script-src 'nonce-abc'", 'script-src'],
    ['<script <style>go()</script>', "script-src 'nonce-abc'", 'script-src'],
    ['<script a=1 A=2>go()</script>', "script-src 'nonce-abc'", 'script-src'],
  ])('%s under %s: %s', (html, policy, directive) => {
    expect(blockedBy(html, policy)).toBe(directive)
  })
})

describe('6.7.3.3 hashes', () => {
  test.each([
    [SCRIPT, `'${hashOf('sha256')}'`, undefined],
    [SCRIPT, `'${hashOf('sha384').replaceAll('+', '-').replaceAll('/', '_')}'`, undefined],
    [SCRIPT, `'${hashOf('sha512').replace('sha', 'SHA')}'`, undefined],
    [SCRIPT, `'${hashOf('sha256', 'go( )')}'`, 'script-src'],
    ['<script>\r\ngo()\r</script>', `'${hashOf('sha256', '\ngo()\n')}'`, undefined],
    ['<script>"\0é"</script>', `'${hashOf('sha256', '"\ufffdé"')}'`, undefined],
    ['<script>f(%FetchUrl%)</script>', `'${hashOf('sha256', 'f(%FetchUrl%)')}'`, 'script-src'],
    [load('/a.js', ` integrity="${hashOf('sha384')}"`), `'${hashOf('sha384')}'`, undefined],
    [load('/a.js', ` integrity="x ${hashOf('sha384')}?o ${hashOf('sha256')}"`), `'${hashOf('sha384')}'`, 'script-src'],
    [load('/a.js', ` integrity="md5-AAAA"`), `'${hashOf('sha384')}'`, 'script-src'],
    [load('/a.js', ` integrity=""`), `'${hashOf('sha384')}'`, 'script-src'],
  ])('%j with %s: %s', (html, source, directive) => {
    expect(blockedBy(html, `script-src ${source}`)).toBe(directive)
  })
})

describe('6.7.2 URLs', () => {
  test.each([
    ['https://cdn.example/a.js', '*', true],
    ['https://cdn.example:8443/a.js', '*', true],
    ['data:text/javascript,go()', '*', false],
    ['data:text/javascript,go()', 'DATA:', true],
    ['https://cdn.example/a.js', 'https:', true],
    ['https://cdn.example/a.js', 'http:', true],
    ['http://cdn.example/a.js', 'https:', false],
    ['//cdn.example/a.js', 'https://cdn.example', true],
    ['https://cdn.example/a.js', 'CDN.example', true],
    ['https://cdn.example/a.js', 'example', false],
    ['https://a.b.example/a.js', '*.example', true],
    ['https://b.example/a.js', '*.b.example', false],
    ['https://evil-b.example/a.js', '*.b.example', false],
    ['https://cdn.example/a.js', 'https://*', true],
    ['https://cdn.example:8443/a.js', 'cdn.example', false],
    ['https://cdn.example:8443/a.js', 'cdn.example:8443', true],
    ['https://cdn.example:8443/a.js', 'cdn.example:*', true],
    ['https://cdn.example/a.js', 'cdn.example:443', true],
    ['https://cdn.example/a.js', 'cdn.example:80', false],
    ['https://cdn.example/js/a.js?x', 'cdn.example/js/', true],
    ['https://cdn.example/js', 'cdn.example/js/', false],
    ['https://cdn.example/js/a.js', 'cdn.example/js', false],
    ['https://cdn.example/js/%61.js', 'cdn.example/js/a.js', true],
    ['https://cdn.example/js/a%3Bb.js', 'cdn.example/js/a%3bb.js', true],
    ['https://cdn.example/js/a%3bb.js', 'cdn.example/js/a%3Bb.js', true],
    ['https://cdn.example/js/a%3Bb.js', 'cdn.example/js/a%3Cb.js', false],
    ['https://cdn.example/js/a.js', 'cdn.example/', true],
    ['app://cdn.example', 'app://cdn.example/', true],
    ['https://cdn.example/js/a.js', 'cdn.example/js/a.js/b', false],
    ['https://cdn.example/a.js', "'none'", false],
    ['/a.js', "'self'", true],
    ['a.js?u=%FetchUrl%', "'SELF'", true],
    ['https://shop.example/a.js', "'self'", true],
    ['https://cdn.example/a.js', "'self'", false],
    ['/a.js', 'https://shop.example', true],
    ['/a.js', 'www.shop.example', false],
    ['/a.js', "'self' 'strict-dynamic'", false],
    ['https://[', "'none'", true],
    ['https://%CacheToken%.cdn.example/a.js', '*.cdn.example', true],
    ['https://%CacheToken%.cdn.example/a.js', 'cdn.example', false],
  ])('%s with %s: %s', (src, sources, isAllowed) => {
    expect(blockedBy(load(src), `script-src ${sources}`)).toBe(isAllowed ? undefined : 'script-src')
    expect(blockedBy(`<link rel=stylesheet href="${src}">`, `style-src ${sources}`)).toBe(
      isAllowed || sources.includes('dynamic') ? undefined : 'style-src',
    )
  })

  test.each([undefined, 'a b', ''])('a Host header that is %j leaves the relative URL with its own host', (host) => {
    expect(blockedBy(load('/a.js'), "script-src 'self'", host === undefined ? {} : { host })).toBeUndefined()
    expect(blockedBy(load('/a.js'), 'script-src other.example', host === undefined ? {} : { host })).toBe('script-src')
  })

  test('upgrade-insecure-requests comes first', () => {
    const html = load('http://cdn.example/a.js')
    expect(blockedBy(html, 'script-src https:')).toBe('script-src')
    expect(blockedBy(html, 'script-src https:; upgrade-insecure-requests')).toBeUndefined()
    const other = load('ftp://cdn.example/a.js')
    expect(blockedBy(other, 'script-src https:; upgrade-insecure-requests')).toBe('script-src')
  })
})

describe('what a policy looks at in a snippet', () => {
  const NONE = "default-src 'none'"

  test.each([
    '<script type="application/json">{}</script>',
    '<script language=VBScript>go()</script>',
    '<script type="text/template"><b onclick=go()></b></script>',
    '<script></script>',
    '<!-- <script>go()</script> -->',
    '<!doctype html><?php <script ?>',
    '<textarea><script>go()</script></textarea>',
    '<noscript><style>a{}</style><img style="a" src=/p.gif></noscript>',
    '<img alt="<script>go()</script>" src=/p.gif>',
    '</script></b onclick=go()>',
    '</p a="><script>go()</script>">',
    '1 < 2 <',
    '<script',
    '<a href="java script:go()">',
    '<a title="javascript:go()" href="#javascript:">',
    '<b one-thing=1 on=1>',
    'text',
  ])('%s is nothing that it forbids', (html) => {
    expect(blockedBy(html, NONE)).toBeUndefined()
  })

  test.each([
    '<SCRIPT>go()</SCRIPT>',
    '<script type=" Text/JavaScript ">go()</script>',
    '<script type="">go()</script>',
    '<script language=JavaScript>go()</script>',
    '<script type=module>go()</script>',
    '<script type=importmap>{}</script>',
    '<script/>go()</script>',
    '<script>go()',
    '<script src></script>',
    '<svg/onload=go()>',
    '</1 a=">"<script>go()</script>',
    '<?-- > <script>go()</script> -->',
    '<!x a="><script>go()</script>">',
    '<!-xy><script>go()</script>-->',
    '<textarea onclick=go()></textarea>',
    "<p title='</textarea>'><style media=print></style>",
    '<form action="JavaScript:go()">',
    '<template><script>go()</script></template>',
  ])('%s is something that it forbids', (html) => {
    expect(blockedBy(html, NONE)).toBe('default-src')
  })
})

test('a policy that only reports keeps nothing out', () => {
  expect(blockedBy(SCRIPT, '', { reported: "script-src 'none'" })).toBeUndefined()
})

test('a tag within an attribute takes the nonce from a script, and from nothing else', () => {
  const nonce = "'nonce-r4nd0m'"
  expect(blockedBy('<script title="<script">go()</script>', `script-src ${nonce}`)).toBe('script-src')
  expect(blockedBy('<script title="&lt;script">go()</script>', `script-src ${nonce}`)).toBeUndefined()
  expect(blockedBy('<style title="<script">a{}</style>', `style-src ${nonce}`)).toBeUndefined()
})

test('the remedy for a sandbox is to open it, for an inline script a nonce', () => {
  const remedyFor = (enforced: string) => {
    const set = compileSnippets([{ name: 's', html: SCRIPT, placement: 'body-end' }])
    const { blocked } = set({ path: '/', method: 'GET', headers: {} }).fit({
      isUtf8: true,
      host: undefined,
      policies: takeNoncesOut(enforced, undefined),
    })
    return blocked[0]?.remedy
  }
  expect(remedyFor('sandbox allow-forms')).toMatch(/^Add allow-scripts/)
  expect(remedyFor("script-src 'self'")).toMatch(/^Put a nonce/)
})

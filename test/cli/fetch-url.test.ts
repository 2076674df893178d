import { describe, expect, test } from '@jest/globals'
import { findFetchUrls, showFetchUrl } from '../../packages/cli/src/crawl/fetch-url.js'
import { parseDictionary } from '../../packages/cli/src/crawl/structured-dictionary.js'

const T = 'abcdefghijklmnopqrstuvwxyz_-0123'
const U = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ_-0123'
const PAGE_URL = new URL('https://www.example.com/shop/basket')
const find = (page: string) => findFetchUrls(Buffer.from(page), PAGE_URL, ['/facsimile', '/direct/copy'])
const hrefs = (page: string) => find(page).map(({ url }) => url.href)
const FOUND = `https://www.example.com/facsimile?t=${T}`

describe('finding the fetch URL of a page', () => {
  test.each([
    ['a new URL', `window.ClickTaleFetchFrom=new URL("/facsimile?t=${T}",location.href).href`],
    ['a string', `var ClickTaleFetchFrom = '/facsimile?t=${T}';`],
    ['a template', `ClickTaleFetchFrom=\`/facsimile?t=${T}\``],
    ['an absolute URL', `ClickTaleFetchFrom="https://www.example.com/facsimile?t=${T}"`],
    ['escaped slashes', `ClickTaleFetchFrom="https:\\/\\/www.example.com\\/facsimile?t=${T}"`],
    ['escapes by number', `x = '\\x2ffacsimile\\u003ft\\u003d${T}'`],
    ['a call', `track('/facsimile?t=${T}', 1)`],
    ['JSON within a string', `x = "{\\"from\\":\\"/facsimile?t=${T}\\"}"`],
    ['an attribute', `<div data-from="/facsimile?t=${T}">`],
    ['an attribute in single quotes', `<div data-from='/facsimile?t=${T}'>`],
    ['an attribute without quotes', `<img src=/facsimile?t=${T}>`],
    ['an attribute with references', `<a href="/facsimile&#x3f;t&#61;${T}">`],
    ['an apostrophe in the text before', `<p>Don't</p><script>go("/facsimile?t=${T}")</script>`],
    ['the meta element', `<meta name="facsimile-fetch-url" content="/facsimile?t=${T}">`],
    ['a relative URL', `go("../facsimile?t=${T}")`],
  ])('reads %s', (_, page) => {
    expect(hrefs(`<html>${page}</html>`)).toEqual([FOUND])
  })

  test.each([
    ['another path', `go("/other?t=${T}")`],
    ['text', `<p>see /facsimile?t=${T} there</p>`],
    ['31 characters', `go("/facsimile?t=${T.slice(1)}")`],
    ['33 characters', `go("/facsimile?t=${T}a")`],
    ['two tokens', `go("/facsimile?t=${T}&t=${T}")`],
    ['another scheme', `ClickTaleFetchFrom="javascript:/facsimile?t=${T}"`],
    ['a literal over two lines', `go("/facsimile?t=${T}\n")`],
    ['no string', 'window.ClickTaleFetchFrom=null'],
  ])('passes over %s', (_, page) => {
    expect(hrefs(`<html>${page}</html>`)).toEqual([])
  })

  test('prefers an assignment to what stands before it, and lists each URL once', () => {
    const page = `<a href="/direct/copy?t=${U}"><script>ClickTaleFetchFrom="/facsimile?t=${T}"</script><i x="/facsimile?t=${T}">`
    expect(hrefs(page)).toEqual([FOUND, `https://www.example.com/direct/copy?t=${U}`])
    expect(find(page)[0]?.source).toBe('ClickTaleFetchFrom')
  })

  test('takes an assignment at its word, whatever its path', () => {
    const [found] = find('ClickTaleFetchFrom="http://s1.example.com/ClickTaleCache.php?t=old"')
    expect(found).toMatchObject({ token: undefined, url: new URL('http://s1.example.com/ClickTaleCache.php?t=old') })
  })

  test('counts offsets in bytes', () => {
    expect(find(`<p>ü</p>"/facsimile?t=${T}"`)[0]?.offset).toBe(10)
  })

  test('shows the end of the token and the names of the cookies alone', () => {
    const [found] = find(`ClickTaleFetchFrom="/facsimile?t=${T}#CTFetchCookies=lb%3Dsecret%3B"`)
    expect(found && showFetchUrl(found)).toBe('https://www.example.com/facsimile?t=…0123 (with the cookies lb)')
  })

  test('is done with a page of nothing but literals that have no end', () => {
    expect(hrefs(`"/facsimile?t=${T}`.repeat(50_000))).toHaveLength(1)
    expect(hrefs('<meta '.repeat(200_000))).toEqual([])
    expect(hrefs(`${'x'.repeat(4000)}t=${T} `.repeat(500))).toEqual([])
  })
})

describe('reading a dictionary of structured fields', () => {
  test('reads what the fetcher sends', () => {
    expect(parseDictionary('status=200, method=GET, captured=@1764000000')).toEqual(
      new Map<string, unknown>([
        ['status', 200],
        ['method', 'GET'],
        ['captured', new Date(1_764_000_000_000)],
      ]),
    )
    expect(parseDictionary('sha-512=:AA==:,sha-256=:AQI=:;x=1')?.get('sha-256')).toEqual(Buffer.from([1, 2]))
    expect(parseDictionary('a="x, \\"y\\"", b, c=?0, d=-1.5')).toEqual(
      new Map<string, unknown>([
        ['a', 'x, "y"'],
        ['b', true],
        ['c', false],
        ['d', -1.5],
      ]),
    )
  })

  test.each([['A=1'], ['a=(1 2)'], ['a="x'], ['a=@x'], ['a=:*:'], ['=1']])('refuses %j', (text) => {
    expect(parseDictionary(text)).toBeUndefined()
  })
})

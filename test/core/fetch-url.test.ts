// The URL that leads the crawler to a stored page, and the cookies that go with it.
import { describe, expect, test } from '@jest/globals'
import { cookieValues, createFetchUrlBuilder, createPageToken } from '@facsimile/core'

const token = createPageToken()
const build = (settings: { fetchUrl?: string; stickyCookies?: string[] }, cookies?: string) =>
  createFetchUrlBuilder({ fetchPath: '/copies', stickyCookies: [], ...settings })(token, cookies)

test('is a path with the token in its query', () => {
  expect(build({})).toBe(`/copies?t=${token}`)
  expect(build({}, 'a=b')).toBe(`/copies?t=${token}`)
})

test('follows the pattern of one server, wherever the token stands in it', () => {
  expect(build({ fetchUrl: 'https://s1.example/%CacheToken%/x?again=%CacheToken%&$&' })).toBe(
    `https://s1.example/${token}/x?again=${token}&$&`,
  )
})

describe('sticky cookies', () => {
  const fragment = (stickyCookies: string[], cookies: string) => build({ stickyCookies }, cookies).split('#')[1]

  test.each([
    [['A'], 'A=1', 'CTFetchCookies=A%3D1%3B'],
    [['A', 'B'], 'B=2; A=1', 'CTFetchCookies=A%3D1%3BB%3D2%3B'],
    [['A', 'B'], 'B=2', 'CTFetchCookies=B%3D2%3B'],
    [['A'], 'A=first; A=second', 'CTFetchCookies=A%3Dfirst%3B'],
    [['A'], 'A=', 'CTFetchCookies=A%3D%3B'],
    [['A'], 'A="quoted"', 'CTFetchCookies=A%3D%22quoted%22%3B'],
    [['A'], 'A=a=b&c d#e/é', 'CTFetchCookies=A%3Da%3Db%26c%20d%23e%2F%EF%BF%BD%3B'],
    [['A'], 'A=\xc3\xa9', 'CTFetchCookies=A%3D%C3%A9%3B'],
    [['A'], 'a=1; AA=2; B=A=3', undefined],
    [['A'], '', undefined],
  ])('%j of "%s"', (names, cookies, expected) => {
    expect(fragment(names, cookies)).toBe(expected)
  })

  test('of a request without cookies are none', () => {
    expect(build({ stickyCookies: ['A'] })).toBe(`/copies?t=${token}`)
  })

  test('can always be decoded again', () => {
    for (let code = 0x20; code < 0x100; code++) {
      const value = String.fromCharCode(code)
      expect(() => decodeURIComponent(fragment(['A'], `A=${value}x`) ?? '')).not.toThrow()
    }
  })
})

describe('cookieValues', () => {
  test.each([
    ['a=1', ['1']],
    ['b=2; a=1; c=3', ['1']],
    ['a=1; a=2;a=3', ['1', '2', '3']],
    [' a = 1 ;', ['1']],
    ['a', []],
    ['ab', []],
    ['a=', ['']],
    ['aa=1; ba=2; A=3', []],
    ['b=a=1', []],
    ['a=b=c', ['b=c']],
    ['a="0"', ['"0"']],
    ['a=%30', ['%30']],
    [';;;=;a=1', ['1']],
    ['', []],
  ])('of %j', (header, values) => {
    expect(cookieValues(header, 'a')).toEqual(values)
  })
})

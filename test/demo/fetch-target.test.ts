// Which fetch URLs a beacon may name.
import { describe, expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { createOrigins } from '../../packages/demo/src/origins.js'
import { parseFetchUrl } from '../../packages/demo/src/tracker/fetch-target.js'

const shop = createOrigins('127.0.0.1', 3000)
const token = createPageToken()

describe('The crawler of Replay desk', () => {
  test.each([
    `http://127.0.0.1:3000/facsimile?t=${token}`,
    `http://localhost:3000/facsimile?t=${token}`,
    `http://[::1]:3000/facsimile?t=${token}#CTFetchCookies=a%3Db`,
  ])('follows a fetch URL of the shop: %s', (url) => {
    expect(parseFetchUrl(url, shop)).toBe(token)
  })

  test.each([
    ['another host', `http://10.0.0.1:3000/facsimile?t=${token}`],
    ['another port', `http://127.0.0.1:22/facsimile?t=${token}`],
    ['another scheme', `https://127.0.0.1:3000/facsimile?t=${token}`],
    ['a file', `file:///facsimile?t=${token}`],
    ['a host that begins like the shop', `http://127.0.0.1:3000.example/facsimile?t=${token}`],
    ['a user name', `http://a@127.0.0.1:3000/facsimile?t=${token}`],
    ['another path', `http://127.0.0.1:3000/account?t=${token}`],
    ['a path below the fetch path', `http://127.0.0.1:3000/facsimile/debug?t=${token}`],
    ['a path with a way up', `http://127.0.0.1:3000/facsimile/../account?t=${token}`],
    ['a malformed token', 'http://127.0.0.1:3000/facsimile?t=../../account'],
    ['two tokens', `http://127.0.0.1:3000/facsimile?t=${token}&t=${token}`],
    ['another parameter', `http://127.0.0.1:3000/facsimile?t=${token}&to=elsewhere`],
    ['no token', 'http://127.0.0.1:3000/facsimile'],
    ['no URL', 'facsimile'],
  ])('refuses %s', (_what, url) => {
    expect(parseFetchUrl(url, shop)).toBeUndefined()
  })
})

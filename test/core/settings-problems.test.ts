// All that is wrong with settings at once: what createFacsimile would say, one after the other.
import { describe, expect, test } from '@jest/globals'
import { findSettingsProblems } from '@facsimile/core'
import { createFacsimile } from '@facsimile/express'

const SNIPPET = { name: 'recorder', html: '<i></i>', placement: 'body-end' }

test('every problem is told, of whatever kind', () => {
  const problems = findSettingsProblems({
    maxCachedSeconds: 0,
    fetchpath: '/x',
    allowedAddresses: ['192.0.2.1', '192.0.2.1/33', 'localhost'],
    clientAddress: { trustedProxies: ['*'] },
  })
  expect(problems).toEqual([
    expect.stringContaining('`maxCachedSeconds` is 0: write a whole number'),
    expect.stringContaining('`fetchpath` is no setting: did you mean `fetchPath`?'),
    expect.stringContaining('`allowedAddresses[1]` is "192.0.2.1/33", whose prefix is wrong'),
    expect.stringContaining('`allowedAddresses[2]` is "localhost", which is no IP address'),
    expect.stringContaining('`clientAddress.trustedProxies[0]` is "*"'),
  ])
})

test('the store and its keys are looked at as well', () => {
  const problems = findSettingsProblems({
    cacheProvider: 'reddis://:s3cret@cache',
    encryptionKeys: ['s3cret'],
    maxCachedBytes: 1,
  })
  expect(problems).toEqual([
    expect.stringContaining('the cache provider location "reddis://:***@cache" has an unknown scheme'),
    expect.stringContaining('encryptionKeys[0] is a text of 6 characters that is no key'),
  ])
  expect(problems.join()).not.toContain('s3cret')
})

describe('there are none just where createFacsimile is content:', () => {
  test.each<[unknown]>([
    [{}],
    [undefined],
    [{ cacheProvider: 'redis://:x@127.0.0.1:1', encryptionKeys: ['A'.repeat(43)], compression: 'gzip' }],
    [{ cacheProvider: 'nowhere', disableCache: true }],
    [{ snippets: [SNIPPET], xhtml: true }],
    [{ snippets: [{ ...SNIPPET, html: '<br>' }], xhtml: true }],
    [{ snippets: [SNIPPET, SNIPPET] }],
    [{ cacheProvider: 'nowhere' }],
    [{ cacheProvider: 'mysql://db.example' }],
    [{ encryptionKeys: [] }],
    [{ allowedAddresses: ['x'] }],
    [{ logger: 1 }],
    [null],
    [[]],
  ])('%j', (input) => {
    let error: unknown
    try {
      createFacsimile(input as object)
    } catch (thrown) {
      error = thrown
    }
    expect(findSettingsProblems(input).length > 0).toBe(error !== undefined)
  })
})

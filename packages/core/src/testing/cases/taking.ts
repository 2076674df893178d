// Who finds what: misses, pulls, peeks, removals, and tokens that look alike.
import assert from 'node:assert/strict'
import { createPageToken, parsePageToken, type PageToken } from '../../page-token.js'
import type { Bench, ConformanceCase } from '../conformance-case.js'
import { assertMissing, assertSamePage, samplePage, storeNew } from '../sample-page.js'

export const TAKING_CASES: readonly ConformanceCase[] = [
  {
    name: 'has a name for logs',
    async run({ open }) {
      assert.match((await open()).name, /^[a-z][a-z0-9-]*$/)
    },
  },
  {
    name: 'answers undefined for a token that was never stored',
    async run({ open }) {
      await assertMissing(await open(), createPageToken())
    },
  },
  {
    name: 'gives a page to the first pull and nothing to the second',
    async run({ open }) {
      const provider = await open()
      const page = samplePage()
      const token = await storeNew(provider, page)
      assertSamePage(await provider.pull(token), page)
      await assertMissing(provider, token)
    },
  },
  {
    name: 'leaves the page where it is when peeking',
    async run({ open }) {
      const provider = await open()
      const page = samplePage()
      const token = await storeNew(provider, page)
      for (let times = 0; times < 3; times++) assertSamePage(await provider.peek(token), page)
      assertSamePage(await provider.pull(token), page)
    },
  },
  {
    name: 'answers true to the first remove and false to the second',
    async run({ open }) {
      const provider = await open()
      const token = await storeNew(provider)
      assert.equal(await provider.remove(token), true)
      assert.equal(await provider.remove(token), false)
      await assertMissing(provider, token)
    },
  },
  {
    name: 'answers false when removing what was never stored or has been pulled',
    async run({ open }) {
      const provider = await open()
      assert.equal(await provider.remove(createPageToken()), false)
      const token = await storeNew(provider)
      await provider.pull(token)
      assert.equal(await provider.remove(token), false)
    },
  },
  {
    name: 'touches no other page when it pulls or removes one',
    async run({ open }) {
      const provider = await open()
      const page = samplePage()
      const [pulled, removed, kept] = await Promise.all([
        storeNew(provider),
        storeNew(provider),
        storeNew(provider, page),
      ])
      await provider.pull(pulled)
      await provider.remove(removed)
      assertSamePage(await provider.pull(kept), page)
    },
  },
  {
    name: 'puts a page in place of the one that was there',
    async run({ open }) {
      const provider = await open()
      const token = await storeNew(
        provider,
        samplePage({ url: '/old', status: 500, body: Buffer.from('a longer, older page') }),
      )
      const page = samplePage({ url: '/new', method: 'POST', body: Buffer.from('new') })
      await provider.store(token, page)
      assertSamePage(await provider.pull(token), page)
      await assertMissing(provider, token)
    },
  },
  {
    name: 'takes a page again under a token that has been pulled',
    async run({ open }) {
      const provider = await open()
      const token = await storeNew(provider)
      await provider.pull(token)
      const page = samplePage({ body: Buffer.from('again') })
      await provider.store(token, page)
      assertSamePage(await provider.pull(token), page)
    },
  },
  {
    name: 'keeps tokens apart that differ only in case',
    run: ({ open }) => keepsApart(open, [tokenOf('aB'.repeat(16)), tokenOf('Ab'.repeat(16)), tokenOf('AB'.repeat(16))]),
  },
  {
    name: 'keeps tokens apart that differ only in their first or last character',
    run: ({ open }) => {
      const middle = 'x'.repeat(30)
      return keepsApart(open, [tokenOf(`a${middle}a`), tokenOf(`b${middle}a`), tokenOf(`a${middle}b`)])
    },
  },
  {
    name: 'does not take an underscore or a hyphen in a token for a pattern',
    run: ({ open }) => keepsApart(open, [tokenOf('_'.repeat(32)), tokenOf('-'.repeat(32)), tokenOf('a_-0'.repeat(8))]),
  },
]

function tokenOf(text: string): PageToken {
  const token = parsePageToken(text)
  assert.ok(token, `${text} is no token`)
  return token
}

/** Stores a page under each token, then finds each again, and none twice. */
async function keepsApart(open: Bench['open'], tokens: readonly PageToken[]): Promise<void> {
  const provider = await open()
  const pages = new Map(tokens.map((token) => [token, samplePage({ url: `/${token}`, body: Buffer.from(token) })]))
  for (const token of tokens) await provider.remove(token) // what an earlier, failed run may have left
  for (const [token, page] of pages) await provider.store(token, page)
  for (const [token, page] of pages) {
    assertSamePage(await provider.pull(token), page)
    await assertMissing(provider, token)
  }
}

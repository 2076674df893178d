// A healthy store says so; a broken one says so too, and never looks empty.
import assert from 'node:assert/strict'
import type { CacheProvider } from '../../cache-provider.js'
import { FacsimileError } from '../../errors.js'
import { createPageToken, type PageToken } from '../../page-token.js'
import type { ConformanceCase } from '../conformance-case.js'
import { eventually } from '../deadline.js'
import { assertSamePage, samplePage, storeNew } from '../sample-page.js'

const FAILURES: readonly string[] = ['PROVIDER_FAILED', 'PROVIDER_TIMEOUT']

export const HEALTH_CASES: readonly ConformanceCase[] = [
  {
    name: 'finds nothing wrong with a healthy store, before the first use and after',
    async run({ open }) {
      const provider = await open()
      assert.deepEqual(await provider.check(), [])
      await provider.pull(await storeNew(provider))
      assert.deepEqual(await provider.check(), [])
    },
  },
  {
    name: 'leaves the pages as they are when it checks the store',
    async run({ open }) {
      const provider = await open()
      const page = samplePage()
      const token = await storeNew(provider, page)
      await provider.check()
      assertSamePage(await provider.pull(token), page)
    },
  },
  broken('rejects a store while the store is broken', (provider, token) => provider.store(token, samplePage())),
  broken('rejects a pull while the store is broken, and never answers undefined', (provider, token) =>
    provider.pull(token),
  ),
  broken('rejects a peek while the store is broken, and never answers undefined', (provider, token) =>
    provider.peek(token),
  ),
  broken('rejects a remove while the store is broken, and never answers false', (provider, token) =>
    provider.remove(token),
  ),
  {
    name: 'says in a sentence what is wrong with a broken store, and not that it is empty',
    needs: 'breakStore',
    async run({ open, breakStore }) {
      const provider = await open()
      await provider.pull(createPageToken())
      await breakStore()
      const problems = await provider.check()
      assert.ok(problems.length > 0, 'finds nothing wrong')
      for (const problem of problems) assert.match(problem, /\S \S.*\.$/s, 'is not a sentence')
      if (provider.usage !== undefined) await assert.rejects(provider.usage(), 'tells how much a broken store holds')
    },
  },
  {
    name: 'works again within 10 seconds once the store does, without being opened anew',
    needs: 'breakStore',
    async run({ open, breakStore }) {
      const provider = await open()
      await provider.pull(createPageToken())
      const { repair } = await breakStore()
      await assert.rejects(provider.pull(createPageToken()))
      await repair()
      const page = samplePage()
      const token = createPageToken()
      await eventually('stores and pulls again', async () => {
        const [stored] = await Promise.allSettled([provider.store(token, page)])
        return stored.status === 'fulfilled'
      })
      assertSamePage(await provider.pull(token), page)
      await eventually('finds nothing wrong again', async () => (await provider.check()).length === 0)
    },
  },
]

function broken(name: string, call: (provider: CacheProvider, token: PageToken) => Promise<unknown>): ConformanceCase {
  return {
    name,
    needs: 'breakStore',
    async run({ open, breakStore }) {
      const provider = await open()
      const token = await storeNew(provider)
      await breakStore()
      for (const tried of [token, createPageToken()]) {
        await assert.rejects(call(provider, tried), (error) => {
          assert.ok(error instanceof FacsimileError, `rejects with ${String(error)}, not with a FacsimileError`)
          assert.ok(FAILURES.includes(error.code), `rejects with code ${error.code}`)
          return true
        })
      }
    },
  }
}

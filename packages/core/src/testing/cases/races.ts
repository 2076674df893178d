// Many callers at once: one winner, whole pages, nothing lost.
import assert from 'node:assert/strict'
import type { CacheProvider, CapturedPage } from '../../cache-provider.js'
import { createPageToken, type PageToken } from '../../page-token.js'
import type { ConformanceCase } from '../conformance-case.js'
import { assertMissing, assertSamePage, pageOf, samplePage, storeNew } from '../sample-page.js'

const CALLERS = 50

export const RACE_CASES: readonly ConformanceCase[] = [
  {
    name: 'lets exactly one of 50 concurrent pulls win, in every round',
    async run({ open, traits }) {
      const provider = await open()
      for (let round = 1; round <= traits.raceRounds; round++) await raceOfPulls([provider], round)
    },
  },
  {
    name: 'lets exactly one of 50 concurrent pulls win, spread over two providers of one store',
    needs: 'shared',
    async run({ open, traits }) {
      const providers = [await open(), await open()]
      for (let round = 1; round <= traits.raceRounds; round++) await raceOfPulls(providers, round)
    },
  },
  {
    name: 'gives a page either to one pull or to one remove when both race for it',
    async run({ open, traits }) {
      const provider = await open()
      for (let round = 0; round < aQuarterOf(traits.raceRounds); round++) {
        const token = await storeNew(provider)
        const outcomes = await Promise.all(
          repeat(10, async (index) =>
            index % 2 ? provider.remove(token) : (await provider.pull(token)) !== undefined,
          ),
        )
        assert.equal(outcomes.filter(Boolean).length, 1, 'callers that got or removed the page')
      }
    },
  },
  {
    name: 'lets exactly one of many concurrent removes answer true',
    async run({ open, traits }) {
      const provider = await open()
      for (let round = 0; round < aQuarterOf(traits.raceRounds); round++) {
        const token = await storeNew(provider)
        const outcomes = await Promise.all(repeat(20, () => provider.remove(token)))
        assert.equal(outcomes.filter(Boolean).length, 1, 'removes that answered true')
      }
    },
  },
  {
    name: 'shows a peek the whole page or nothing while a pull takes it',
    async run({ open, traits }) {
      const provider = await open()
      for (let round = 0; round < aQuarterOf(traits.raceRounds); round++) {
        const page = pageOf(20_000, round % 256)
        const token = await storeNew(provider, page)
        const pulled: (CapturedPage | undefined)[] = []
        const peeked: (CapturedPage | undefined)[] = []
        await Promise.all(
          repeat(10, async (index) => {
            if (index % 2) pulled.push(await provider.pull(token))
            else peeked.push(await provider.peek(token))
          }),
        )
        for (const seen of peeked) if (seen) assertSamePage(seen, page)
        assert.equal(pulled.filter(Boolean).length, 1, 'pulls that got the page')
        await assertMissing(provider, token)
      }
    },
  },
  {
    name: 'keeps each of 100 pages that are stored at once',
    async run({ open }) {
      const provider = await open()
      const pages = repeat(100, (index) => pageOf(1_000 + index, index))
      const tokens = await Promise.all(pages.map((page) => storeNew(provider, page)))
      const pulled = await Promise.all(tokens.map((token) => provider.pull(token)))
      for (const [index, page] of pages.entries()) assertSamePage(pulled[index], page)
    },
  },
  {
    name: 'leaves one whole page when many are stored under one token at once',
    async run({ open }) {
      const provider = await open()
      const token = createPageToken()
      const pages = repeat(30, (index) => pageOf(30_000 - 100 * index, index))
      await Promise.all(pages.map((page) => provider.store(token, page)))
      const pulled = await provider.pull(token)
      assertSamePage(pulled, oneOf(pages, pulled))
      await assertMissing(provider, token)
    },
  },
  {
    name: 'hands out each page once and whole when stores and pulls of one token race',
    async run({ open }) {
      const provider = await open()
      const token = createPageToken()
      const pages = repeat(30, (index) => pageOf(5_000 + 100 * index, index))
      const pulls = pages.flatMap((page) => [provider.store(token, page).then(() => undefined), provider.pull(token)])
      const got = [...(await Promise.all(pulls)), await provider.pull(token)].filter((page) => page !== undefined)
      for (const page of got) assertSamePage(page, oneOf(pages, page))
      assert.equal(new Set(got.map(({ url }) => url)).size, got.length, 'a page was handed out twice')
      await assertMissing(provider, token)
    },
  },
  {
    name: 'finds each of 1000 waiting pages',
    async run({ open }) {
      const provider = await open()
      const waiting = new Map<PageToken, CapturedPage>()
      for (let batch = 0; batch < 20; batch++) {
        const pages = repeat(50, (index) =>
          samplePage({ url: `/${batch}/${index}`, body: Buffer.from(`page ${index}`) }),
        )
        await Promise.all(pages.map(async (page) => waiting.set(await storeNew(provider, page), page)))
      }
      for (const [token, page] of waiting) assertSamePage(await provider.pull(token), page)
    },
  },
]

async function raceOfPulls(providers: readonly CacheProvider[], round: number): Promise<void> {
  const [first] = providers
  assert.ok(first)
  const page = pageOf(20_000, round % 256)
  const token = await storeNew(first, page)
  const answers = await Promise.all(
    repeat(CALLERS, (index) => (providers[index % providers.length] ?? first).pull(token)),
  )
  const winners = answers.filter((answer) => answer !== undefined)
  assert.equal(winners.length, 1, `winners in round ${round}`)
  assertSamePage(winners[0], page)
}

function repeat<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

function aQuarterOf(rounds: number): number {
  return Math.ceil(rounds / 4)
}

/** The page that `seen` claims to be, by its URL. */
function oneOf(pages: readonly CapturedPage[], seen: CapturedPage | undefined): CapturedPage {
  const page = pages.find(({ url }) => url === seen?.url)
  assert.ok(page, 'the page is none of those that were stored')
  return page
}

// Sampling: the server draws for first views only, and the cookie of whoever has been drawn for decides from then on.
import { expect, test } from '@jest/globals'
import { createFacsimile, type FacsimileSettings } from '@facsimile/express'
import { fetchRaw } from '../../support/raw-http.js'
import { PAGE, PAGE_WITH_SNIPPETS, serveFiltered, SNIPPETS } from '../../support/filtered-site.js'

/** Asks once for each Cookie header; answers which requests got the snippets, and how often a number was drawn. */
async function visit(settings: FacsimileSettings, draws: readonly number[], cookies: readonly (string | undefined)[]) {
  let drawn = 0
  const facsimile = createFacsimile(
    { snippets: [...SNIPPETS], disableCache: true, ...settings },
    { random: () => draws[drawn++] ?? NaN },
  )
  const { port } = await serveFiltered((_req, res) => res.setHeader('Content-Type', 'text/html').end(PAGE), {
    facsimile,
  })
  const got: boolean[] = []
  for (const cookie of cookies) {
    const { body } = await fetchRaw(port, cookie === undefined ? {} : { headers: { Cookie: cookie } })
    expect([PAGE, PAGE_WITH_SNIPPETS]).toContain(body.toString())
    got.push(body.toString() === PAGE_WITH_SNIPPETS)
  }
  await facsimile.close()
  return { got, drawn }
}

const RECORDED = 'WRUID=123456.789'

test('a first view is in when the number is below the ratio, and each is drawn by itself', async () => {
  const { got, drawn } = await visit({ sampleRatio: 0.25 }, [0, 0.24, 0.25, 0.99], [undefined, 'a=b', undefined, 'a=b'])
  expect({ got, drawn }).toEqual({ got: [true, true, false, false], drawn: 4 })
})

test('whoever is being recorded is always in, and nothing is drawn', async () => {
  for (const sampleRatio of [0, 0.5, 1]) {
    expect(await visit({ sampleRatio }, [], [RECORDED, `a=b; ${RECORDED}`])).toEqual({ got: [true, true], drawn: 0 })
  }
})

test('whoever is not to be recorded is always out, and nothing is drawn', async () => {
  for (const sampleRatio of [0, 0.5, 1]) {
    expect(await visit({ sampleRatio }, [], ['WRUID=0', `${RECORDED}; WRUID=0`])).toEqual({
      got: [false, false],
      drawn: 0,
    })
  }
})

test('a cookie without a value says nothing: the view counts as a first one', async () => {
  expect(await visit({ sampleRatio: 0.5 }, [0.6, 0.4], ['WRUID=', 'WRUID='])).toEqual({ got: [false, true], drawn: 2 })
})

test('without the cookie every view is drawn', async () => {
  const settings = { sampleRatio: 0.5, optOutCookie: false } as const
  expect(await visit(settings, [0.6, 0.4], [RECORDED, 'WRUID=0'])).toEqual({ got: [false, true], drawn: 2 })
})

test('a ratio of 1 draws nothing, and one of 0 takes nobody', async () => {
  expect(await visit({}, [], [undefined])).toEqual({ got: [true], drawn: 0 })
  expect(await visit({ sampleRatio: 0 }, [0], [undefined])).toEqual({ got: [false], drawn: 1 })
})

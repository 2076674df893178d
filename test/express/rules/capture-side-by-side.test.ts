// Streamed pages are gathered in memory that other pages use before and after: many at once must not mix.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { createTestFacsimile, serveFiltered } from '../../support/filtered-site.js'
import { fetchRaw } from '../../support/raw-http.js'

const SIZES = [0, 1, 4_095, 100_000, 131_072, 131_073, 262_144, 400_000]
const VISITS = 64

/** A page of one letter, different for each visit; some are larger than a block, some exactly one. */
function pageOf(visit: number): Buffer {
  const letter = String.fromCharCode(0x61 + (visit % 26))
  return Buffer.from(`<!doctype html><html><body>${visit}${letter.repeat(SIZES[visit % SIZES.length]!)}</body></html>`)
}

test('rule 29: the copies of pages that are streamed side by side, some of them given up, are exact', async () => {
  const facsimile = createTestFacsimile({ disableCache: false, allowedAddresses: ['127.0.0.1'] })
  const tokens = new Map<number, string | undefined>()
  const { port } = await serveFiltered(
    (req, res) => {
      const visit = Number(req.url?.slice(1))
      const page = pageOf(visit)
      tokens.set(visit, facsimile.tokenFor(res))
      res.setHeader('Content-Type', 'text/html; charset=utf-8')
      void (async () => {
        for (let at = 0; at < page.length; at += 9_000 + visit * 100) {
          if (visit % 7 === 6 && at > 50_000) return res.destroy()
          res.write(page.subarray(at, at + 9_000 + visit * 100))
          await nextTurn()
        }
        return res.end()
      })()
    },
    { facsimile },
  )
  const visits = Array.from({ length: VISITS }, (_, visit) => visit)
  for (let round = 0; round < 2; round++) {
    await Promise.allSettled(visits.map((visit) => fetchRaw(port, { path: `/${visit}` })))
    await facsimile.flush()
    let exact = 0
    for (const visit of visits) {
      const copy = await fetchRaw(port, { path: `/facsimile?t=${String(tokens.get(visit))}` })
      if (copy.status === 404) continue
      expect([visit, copy.body.equals(pageOf(visit))]).toEqual([visit, true])
      exact++
    }
    expect(exact).toBeGreaterThanOrEqual(VISITS - Math.ceil(VISITS / 7))
  }
})

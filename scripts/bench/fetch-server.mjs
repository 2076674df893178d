// An Express 5 application that hands out stored pages, in a process of its own: `fetch-server.mjs <member> <once|again>`.
// The members are Facsimile's fetch path, and a route that asks the same provider and sends the same answer.
import { createServer } from 'node:http'
import express from 'express'
import { createMemoryProvider } from '@facsimile/core/memory'
import { createFacsimile } from '@facsimile/express'
import { answerParent } from './answers.mjs'
import { createPage } from './pages.mjs'
import { tokenOf } from './stored-pages.mjs'

const LIFE_MS = 3_600_000

/** What the fetch path sends with a page, beside what Node adds; the digest and the page's facts are those of no page. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Robots-Tag': 'noindex, nofollow, noarchive',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Repr-Digest': `sha-256=:${'A'.repeat(43)}=:`,
  'Facsimile-Page': 'status=200, method=GET, captured=@1764000000',
}

const MOUNT = { 'bare route': mountRoute, 'fetch path': mountFacsimile }

const [member, mode] = process.argv.slice(2)
const deleteAfterPull = mode === 'once'
const provider = createMemoryProvider({ maxCachedPages: 100_000, maxCachedBytes: Number.MAX_SAFE_INTEGER })

const app = express()
// A hash of every page would be the greatest part of what the bare route does.
app.disable('etag')
MOUNT[member](app)

const server = createServer(app)
server.listen(0, '127.0.0.1', () => answerParent(server.address().port, { storePages }))

function mountFacsimile(app) {
  const { middleware } = createFacsimile({ cacheProvider: provider, deleteAfterPull, allowedAddresses: ['127.0.0.1'] })
  app.use(middleware)
}

function mountRoute(app) {
  app.get('/facsimile', async (req, res) => {
    const page = await provider[deleteAfterPull ? 'pull' : 'peek'](req.query.t)
    if (page === undefined) return res.sendStatus(404)
    res.set(HEADERS).type(page.contentType).send(page.body)
  })
}

/** Stores `pages` copies of one page of `bytes`, with the tokens that whoever fetches them knows. */
async function storePages({ pages, bytes }) {
  const capturedAt = Date.now()
  const facts = { url: '/lamps?page=2', method: 'GET', status: 200, contentType: 'text/html; charset=utf-8' }
  const page = { ...facts, capturedAt, expiresAt: capturedAt + LIFE_MS, body: Buffer.from(createPage(bytes)) }
  for (let index = 0; index < pages; index += 1) await provider.store(tokenOf(index), page)
}

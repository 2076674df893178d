// One server of a farm: an Express application whose every page is another one, with a Facsimile in front of it.
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createFacsimile } from '@facsimile/express'
import express from 'express'

const { name, settings, hasDirectHost } = JSON.parse(process.argv[2])

const server = createServer().listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()

const facsimile = createFacsimile({
  snippets: [{ name: 'recorder', placement: 'body-end', html: '<script>window.FetchFrom=%FetchUrl%</script>' }],
  clientAddress: { source: 'x-forwarded-for', trustedProxies: ['127.0.0.1'] },
  ...(hasDirectHost && { fetchUrl: `http://127.0.0.1:${port}/facsimile?t=%CacheToken%` }),
  ...settings,
})

const app = express()
app.use((_req, res, next) => {
  res.set('Farm-Server', name)
  next()
})
app.use(facsimile.middleware)
app.get(/.*/, (_req, res) => {
  const page = producePage()
  res.set('Content-Type', 'text/html; charset=windows-1252')
  res.set('Produced-Digest', createHash('sha256').update(page).digest('hex'))
  res.send(page)
})
server.on('request', app)

process.on('message', async () => {
  await facsimile.flush()
  process.send('flushed')
})
// The test has let go of this server, or is no more.
process.once('disconnect', async () => {
  server.close()
  server.closeAllConnections()
  await facsimile.close()
})
process.send(port)

/** Up to 20 kB of bytes that no other page has, and that are no UTF-8. */
function producePage() {
  const text = randomBytes(randomInt(100, 20_000)).map((byte) => byte | 0x80)
  return Buffer.concat([Buffer.from('<!doctype html><html><body>'), text, Buffer.from('</body></html>')])
}

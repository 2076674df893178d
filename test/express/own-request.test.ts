// What the debug page asks its own server for: it gets there whatever the server listens on, as the viewer would, and it
// gets nowhere else.
import type { IncomingMessage, RequestListener } from 'node:http'
import { createSecureServer, connect as connectHttp2 } from 'node:http2'
import { createServer as createTlsServer, request } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from '@jest/globals'
import { eventually } from '../support/eventually.js'
import { createSelfSigned } from '../stores/support/redis-certificate.js'
import { ask } from './support/http-client.js'
import { afterwards, createTestFacsimile, listen, PAGE } from './support/site.js'
import { DEBUG, startDebugSite, type ShownReport } from './debug/debug-site.js'

const STATUS = `${DEBUG}/status.json?path=/account`
const NO_CACHE = { 'Content-Type': 'text/html', 'Cache-Control': 'no-store' }

function* repeat(text: string) {
  for (;;) yield text
}

/** A site in order whose pages tell `look` of each request for them. */
function site(look: (req: IncomingMessage) => void = () => undefined, allowedAddresses = ['127.0.0.1']) {
  const { middleware } = createTestFacsimile({ allowDebug: true, allowedAddresses })
  const handler: RequestListener = (req, res) =>
    middleware(req, res, () => {
      if (req.url === '/robots.txt') res.end('User-agent: *\nDisallow: /facsimile\n')
      else {
        look(req)
        res.writeHead(200, NO_CACHE).end(PAGE)
      }
    })
  return handler
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterwards(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

async function reportByTls(port: number): Promise<ShownReport> {
  const req = request({ host: '127.0.0.1', port, path: STATUS, agent: false, rejectUnauthorized: false }).end()
  const [response] = (await once(req, 'response')) as [IncomingMessage]
  return JSON.parse(await text(response)) as ShownReport
}

const wrongIn = ({ verdicts }: ShownReport) =>
  verdicts.filter(({ level }) => level === 'fault' || level === 'warning').map(({ word, details }) => [word, details])
const meaningsIn = ({ verdicts }: ShownReport) => verdicts.map(({ meaning }) => meaning)

describe('the own server is reached', () => {
  test('over TLS, where the application asks for the certificate of a client', async () => {
    const seen: unknown[] = []
    const look = ({ socket }: IncomingMessage) => {
      const { encrypted, authorized } = socket as Partial<TLSSocket>
      seen.push([
        encrypted,
        authorized,
        typeof (socket as Partial<TLSSocket>).getPeerCertificate?.(),
        socket.remoteAddress,
      ])
      // What applications do with their sockets.
      socket.setNoDelay(true).setKeepAlive(true).setTimeout(1000)
    }
    const server = createTlsServer(
      { ...createSelfSigned('shop.example'), requestCert: true, rejectUnauthorized: false },
      site(look),
    )
    const report = await reportByTls(await portOf(server))
    expect(wrongIn(report)).toEqual([])
    expect(meaningsIn(report)).toContain('The filter is in place.')
    expect(seen).toEqual([
      [true, false, 'object', '127.0.0.1'],
      [true, false, 'object', '127.0.0.1'],
    ])
  })

  test('over HTTP/2, where the server speaks HTTP/1.1 too', async () => {
    const server = createSecureServer({ ...createSelfSigned('shop.example'), allowHTTP1: true }, site() as never)
    const port = await portOf(server)
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    afterwards(() => session.destroy())
    const report = JSON.parse(await text(session.request({ ':path': STATUS }))) as ShownReport
    expect(wrongIn(report)).toEqual([])
    expect(meaningsIn(report)).toContain('The filter is in place.')
  })
})

describe('the own server is asked', () => {
  test('as the viewer asks it: from the same address, with the same headers', async () => {
    const seen: unknown[] = []
    const handler = site(
      ({ socket, headers }) =>
        seen.push([socket.remoteAddress, headers.authorization, headers['x-forwarded-for'], headers['if-none-match']]),
      ['127.0.0.7'],
    )
    const { port } = await listen(handler)
    const headers = { Authorization: 'Basic dGVhOnRlYQ==', 'X-Forwarded-For': '192.0.2.1', 'If-None-Match': '"1"' }
    await ask(port, STATUS, { from: '127.0.0.7', headers })
    const asViewer = ['127.0.0.7', 'Basic dGVhOnRlYQ==', '192.0.2.1', undefined]
    expect(seen).toEqual([asViewer, asViewer])
  })

  test('and tells at once when it cuts the connection', async () => {
    const { port } = await listen(site((req) => req.socket.destroy()))
    const report = JSON.parse((await ask(port, STATUS)).text) as ShownReport
    expect(meaningsIn(report)).toContain('No answer came for /.')
    expect(JSON.stringify(report.verdicts)).not.toContain('no complete answer')
  })

  test('and is told when nobody waits for the rest of a long answer any more', async () => {
    let isOver = false
    const { middleware } = createTestFacsimile({ allowDebug: true, allowedAddresses: ['127.0.0.1'] })
    const { port } = await listen((req, res) =>
      middleware(req, res, () => {
        if (req.url !== '/robots.txt') return void res.writeHead(200, NO_CACHE).end(PAGE)
        const endless = Readable.from(repeat('Disallow: /private\n'.repeat(1000)))
        return void endless.pipe(res).once('close', () => {
          isOver = true
          endless.destroy()
        })
      }),
    )
    await ask(port, STATUS)
    await eventually('the response is closed', () => isOver)
  })

  test('and no other one, whatever host and path say', async () => {
    let connections = 0
    const other = await listen((_req, res) => void res.end())
    other.server.on('connection', () => (connections += 1))
    const there = `127.0.0.1:${other.port}`
    const asked: string[] = []
    const own = await startDebugSite({
      routes: (app) =>
        app.use((req, res) => {
          asked.push(req.originalUrl)
          res.set('Cache-Control', 'no-store').send(PAGE)
        }),
    })
    for (const path of [
      `http://${there}/a`,
      `//${there}/b`,
      `/\\${there}/c`,
      `/@${there}/d`,
      `https://u:p@${there}/e`,
    ]) {
      for (const host of [there, `user@${there}`, `127.0.0.1:${own.port}`]) {
        const report = await own.report(path, { headers: { Host: host, 'X-Forwarded-Host': there } })
        expect(meaningsIn(report)).toContain('The filter is in place.')
      }
    }
    expect(connections).toBe(0)
    expect(new Set(asked)).toEqual(new Set(['/', '/a', `//${there}/b`, `//${there}/c`, `/@${there}/d`, '/e']))
  })
})

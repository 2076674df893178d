// A reverse proxy in this process that sends a request to the server that its cookie names.
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cookieValues } from '@facsimile/core'
import type { Balancer, FarmPorts } from './farm-balancer.js'

export async function startNodeProxy(cookie: string, ports: FarmPorts): Promise<Balancer> {
  const server = createServer((req, res) => {
    const [name] = cookieValues(req.headers.cookie ?? '', cookie)
    forward(req, res, name === 'a' ? ports.a : ports.b)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function forward(req: IncomingMessage, res: ServerResponse, port: number): void {
  const { url, method, rawHeaders, socket } = req
  const headers = [...rawHeaders, 'X-Forwarded-For', socket.remoteAddress ?? 'unknown']
  const onward = request({ host: '127.0.0.1', port, path: url, method, headers, agent: false }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    answer.on('error', () => res.destroy())
    answer.pipe(res)
  })
  onward.on('error', () => {
    if (res.headersSent) res.destroy()
    else res.writeHead(502).end()
  })
  req.pipe(onward)
}

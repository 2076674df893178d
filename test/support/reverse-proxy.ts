// A reverse proxy in this process, for machines without nginx: it hands requests on as nginx does, with the client's
// address behind what X-Forwarded-For has.
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Balancer {
  readonly port: number
  stop(): Promise<void>
}

/**
 * Hands each request to the first of the ports that `choose` answers with; a GET goes to the next when nobody is there.
 * `port` is where it listens; 0 lets the system choose.
 */
export async function startReverseProxy(
  choose: (req: IncomingMessage) => readonly number[],
  port = 0,
): Promise<Balancer> {
  const server = createServer((req, res) => forward(req, res, choose(req)))
  server.listen(port, '127.0.0.1')
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

function forward(req: IncomingMessage, res: ServerResponse, [port, ...others]: readonly number[]): void {
  const { url, method, rawHeaders, socket } = req
  const headers = [...rawHeaders, 'X-Forwarded-For', socket.remoteAddress ?? 'unknown']
  const onward = request({ host: '127.0.0.1', port, path: url, method, headers, agent: false }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    answer.on('error', () => res.destroy())
    answer.pipe(res)
  })
  onward.on('error', () => {
    if (res.headersSent) res.destroy()
    else if (method === 'GET' && others.length > 0) forward(req, res, others)
    else res.writeHead(502).end()
  })
  if (method === 'GET') onward.end()
  else req.pipe(onward)
}

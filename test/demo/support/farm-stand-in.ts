// A reverse proxy in this process that does what the farm's nginx does: each request to the next server, with the client's
// address behind what X-Forwarded-For has, and a GET to the other server when one is not there.
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'

export async function startStandIn(port: number, servers: readonly number[]): Promise<() => Promise<void>> {
  let turn = 0
  const server = createServer((req, res) => {
    turn = (turn + 1) % servers.length
    forward(req, res, [...servers.slice(turn), ...servers.slice(0, turn)])
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
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

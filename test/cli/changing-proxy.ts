// A proxy before a site that does what it should not: it changes headers and pages on their way out.
import { request, type IncomingHttpHeaders } from 'node:http'
import { serve } from '../support/filtered-site.js'

export interface PassedOn {
  /** In small letters; what is set or deleted here is so for the client. */
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly path: string
}

/** Answers the proxy's port. `change` may edit the headers, and answers the body to send. */
export async function startChangingProxy(to: number, change: (passed: PassedOn) => Buffer | string): Promise<number> {
  const { port } = await serve((req, res) => {
    const { url = '', method, headers } = req
    const onward = request({ host: '127.0.0.1', port: to, path: url, method, headers, agent: false }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () => {
        const changed = { ...answer.headers }
        delete changed['transfer-encoding']
        delete changed['content-length']
        const body = change({ headers: changed, body: Buffer.concat(parts), path: url })
        res.writeHead(answer.statusCode ?? 502, changed).end(body)
      })
    })
    onward.on('error', () => res.destroy())
    req.pipe(onward)
  })
  return port
}

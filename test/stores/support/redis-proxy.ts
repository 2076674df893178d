// A TCP proxy in front of a Redis, to cut, drop and delay what passes.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

export interface RedisProxy {
  readonly url: string
  /** How many connections were made so far. */
  connections(): number
  /** Cuts the connection when the next request that contains `text` has been handed to Redis and Redis has answered. */
  cutAfter(text: string): void
  /** Holds back the requests that contain `text` for so long. */
  delay(text: string, delayMs: number): void
  /** Cuts every connection now. */
  cutAll(): void
  close(): Promise<void>
}

/** Forwards to the server at `port` of this machine. */
export async function startRedisProxy(port: number): Promise<RedisProxy> {
  const pairs = new Set<[Socket, Socket]>()
  let count = 0
  let cutText: string | undefined
  let slow: { text: string; delayMs: number } | undefined

  const server: Server = createServer((client) => {
    count++
    const redis = connect(port, '127.0.0.1')
    const pair: [Socket, Socket] = [client, redis]
    let doomed = false
    const cut = () => {
      pairs.delete(pair)
      client.destroy()
      redis.destroy()
    }
    pairs.add(pair)
    client.on('data', (bytes) => {
      if (cutText !== undefined && bytes.includes(cutText)) {
        doomed = true
        cutText = undefined
      }
      const held = slow !== undefined && bytes.includes(slow.text) ? slow.delayMs : 0
      if (held > 0) setTimeout(() => redis.write(bytes), held)
      else redis.write(bytes)
    })
    redis.on('data', (bytes) => {
      if (doomed) cut()
      else client.write(bytes)
    })
    for (const socket of pair) socket.on('error', cut).on('close', cut)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const cutAll = () => [...pairs].forEach(([client, redis]) => [client.destroy(), redis.destroy()])
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => count,
    cutAfter: (text) => (cutText = text),
    delay: (text, delayMs) => (slow = { text, delayMs }),
    cutAll,
    async close() {
      cutAll()
      server.close()
      await once(server, 'close')
    },
  }
}

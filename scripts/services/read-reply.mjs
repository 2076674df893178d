// One short conversation with a server over TCP or TLS: says something, reads until the reply is complete, hangs up.
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

const MAX_REPLY_BYTES = 64 * 1024

/**
 * Resolves to what `parse(bytes)` makes of the bytes so far, as soon as that is not `undefined`. Rejects when `parse`
 * throws, the server cannot be reached, hangs up early, says too much or is not done after `timeoutMs`.
 */
export function readReply({ host, port, tls = false, timeoutMs }, message, parse) {
  return new Promise((resolve, reject) => {
    const socket = tls ? connectTls({ host, port, servername: host }) : connect({ host, port })
    let reply = Buffer.alloc(0)
    const settle = (action, value) => {
      clearTimeout(timer)
      socket.destroy()
      action(value)
    }
    const fail = (why) => settle(reject, new Error(`${host}:${port} ${why}`))
    const timer = setTimeout(() => fail(`did not answer within ${timeoutMs} ms`), timeoutMs)
    socket.on('error', (error) => settle(reject, error))
    socket.on('close', () => fail('hung up before its answer was complete'))
    socket.on('data', (chunk) => {
      reply = Buffer.concat([reply, chunk])
      if (reply.length > MAX_REPLY_BYTES) return fail(`said more than ${MAX_REPLY_BYTES} bytes`)
      try {
        const result = parse(reply)
        if (result !== undefined) settle(resolve, result)
      } catch (error) {
        settle(reject, error)
      }
    })
    if (message !== '') socket.write(message)
  })
}

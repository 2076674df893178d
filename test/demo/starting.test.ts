// Starting and ending the demo: ports, addresses, signals.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { createDemo } from '@facsimile/demo'
import { readSettings } from '../../packages/demo/src/environment.js'

const MAIN = fileURLToPath(new URL('../../packages/demo/dist/main.js', import.meta.url))

describe('The addresses of the demo', () => {
  test('are ports 3000 and 3001 of this machine alone', () => {
    expect(readSettings({ PORT: '', HOST: '' })).toMatchObject({ port: 3000, trackerPort: 3001, host: '127.0.0.1' })
  })

  test('follow PORT, TRACKER_PORT and HOST', () => {
    expect(readSettings({ PORT: '8080' })).toMatchObject({ port: 8080, trackerPort: 8081 })
    expect(readSettings({ PORT: '0' })).toMatchObject({ port: 0, trackerPort: 0 })
    expect(readSettings({ PORT: '80', TRACKER_PORT: '9000', HOST: '::1' })).toMatchObject({
      port: 80,
      trackerPort: 9000,
      host: '::1',
    })
  })

  test.each(['http', '-1', '65536', '1.5', ' 80', '0x50'])('cannot have %j as a port', (PORT) => {
    expect(() => readSettings({ PORT })).toThrow(expect.objectContaining({ code: 'PORT_INVALID' }))
    expect(() => readSettings({ PORT })).toThrow(`PORT is ${JSON.stringify(PORT)}, which is no port.`)
  })

  test('need a port for the tracker that exists', () => {
    expect(() => readSettings({ PORT: '65535' })).toThrow('TRACKER_PORT=')
  })
})

describe('A port that is in use', () => {
  test('is named with the remedy, and nothing stays open', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as AddressInfo
    await expect(createDemo({ port, trackerPort: 0 })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(
        new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 .* the shop .*: PORT=\\d+ npm start$`),
      ),
    })
    await expect(createDemo({ port: 0, trackerPort: port })).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`^Port ${port} .* Replay desk .*: TRACKER_PORT=\\d+ npm start$`)),
    })
    squatter.close()
    await once(squatter, 'close')
    await (await createDemo({ port, trackerPort: 0 })).close()
  })

  test('ends the command with 1 and no stack trace', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as AddressInfo
    const command = start({ PORT: String(port), TRACKER_PORT: '0' })
    const [errors] = await Promise.all([readAll(command.stderr), once(command, 'exit')])
    squatter.close()
    expect(command.exitCode).toBe(1)
    expect(errors).toMatch(/^Port \d+ on .*\n$/)
  })
})

describe('A setting that cannot be used', () => {
  test('ends the command with 1, one line, and no password', async () => {
    const command = start({ PORT: '0', CACHE_PROVIDER: 'redis://:open-sesame@127.0.0.1:6379/no-database' })
    const [errors] = await Promise.all([readAll(command.stderr), once(command, 'exit')])
    expect(command.exitCode).toBe(1)
    expect(errors).toMatch(
      /^CACHE_PROVIDER cannot be used: .*redis:\/\/.*CACHE_PROVIDER=redis:\/\/127\.0\.0\.1:6379 npm start\n$/,
    )
    expect(errors).not.toContain('sesame')
  })

  test('leaves nothing open when the demo is started from code', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as AddressInfo
    squatter.close()
    await once(squatter, 'close')
    await expect(createDemo({ port, trackerPort: 0, cacheProvider: 'nowhere:' })).rejects.toThrow('nowhere:')
    await (await createDemo({ port, trackerPort: 0 })).close()
  })
})

describe('An address that this machine does not have', () => {
  test('is an error that names HOST', async () => {
    await expect(createDemo({ host: '192.0.2.1', port: 0, trackerPort: 0 })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: expect.stringContaining('HOST'),
    })
  })
})

describe('The running demo', () => {
  test('answers on other loopback names too', async () => {
    const demo = await createDemo({ host: '0.0.0.0', port: 0, trackerPort: 0 })
    expect(demo.shopUrl).toMatch(/^http:\/\/localhost:\d+$/)
    const { port } = new URL(demo.shopUrl)
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
    await demo.close()
    await demo.close()
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('ends on %s with 0, whatever connections are open', async (signal) => {
    const command = start({ PORT: '0' })
    const [shopUrl, trackerUrl] = await printedUrls(command)
    const open = await Promise.all([stayConnected(`${trackerUrl}/news`), stayConnected(`${shopUrl}/`)])
    const deadline = setTimeout(() => command.kill('SIGKILL'), 2000)
    command.kill(signal)
    command.kill(signal)
    await once(command, 'exit')
    clearTimeout(deadline)
    for (const connection of open) connection.destroy()
    expect([command.exitCode, command.signalCode]).toEqual([0, null])
  })
})

function start(env: Readonly<Record<string, string>>): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'], ...env } })
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk.toString()
  return text
}

async function printedUrls(command: ChildProcessWithoutNullStreams): Promise<string[]> {
  let text = ''
  for await (const chunk of command.stdout as AsyncIterable<Buffer>) {
    text += chunk.toString()
    if (text.includes('Ctrl-C')) return [...text.matchAll(/http:\S+/g)].map(([url]) => url)
  }
  throw new Error(`The demo printed no addresses, but: ${text}`)
}

/** Keeps a connection open after the head of the answer; the other side will cut it. */
async function stayConnected(url: string): Promise<IncomingMessage> {
  const outgoing = request(url, { headers: { connection: 'keep-alive' } })
  outgoing.on('error', () => outgoing.destroy())
  outgoing.end()
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  answer.on('error', () => answer.destroy())
  return answer
}

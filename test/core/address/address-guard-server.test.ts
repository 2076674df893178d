// The address guard behind a real node:http server, with requests written to a raw socket.
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { createAddressGuard, type AddressGuardSettings } from '@facsimile/core'

const DEADLINE_MS = 10_000
const CLIENT = '203.0.113.9'
const STRANGER = '198.51.100.66'
const LOCAL = ['127.0.0.0/8', '::1']

let server: Server | undefined

afterEach(async () => {
  const running = server
  server = undefined
  if (running === undefined) return
  running.closeAllConnections()
  await new Promise((resolve) => running.close(resolve))
})

/** The verdict that a server with this guard gives on a request with exactly these header lines. */
async function judgeOnTheWire(settings: AddressGuardSettings, lines: readonly string[]): Promise<unknown> {
  const guard = createAddressGuard(settings)
  const running = createServer((request, response) => response.end(JSON.stringify(guard(request))))
  server = running
  // Without a host, Node listens on `::` where it can, and an IPv4 peer is then `::ffff:127.0.0.1`.
  await new Promise<void>((resolve) => running.listen(0, resolve))
  const { port } = running.address() as AddressInfo
  const answer = await exchange(port, ['GET / HTTP/1.1', 'Host: localhost', 'Connection: close', ...lines, '', ''])
  return JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1))
}

function exchange(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1')
    socket.setEncoding('latin1')
    socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error('no answer before the deadline')))
    socket.on('data', (text: string) => (answer += text))
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
    socket.write(lines.join('\r\n'), 'latin1')
  })
}

describe('behind a real server', () => {
  const viaHeader = { source: 'x-forwarded-for', trustedProxies: LOCAL, allowedAddresses: [CLIENT] }
  const denied = { clientAddress: STRANGER, allowed: false, reason: 'not-listed' }
  const allowed = { clientAddress: CLIENT, allowed: true, reason: 'allowed' }

  test('the peer is IPv4 whichever way the server listens', async () => {
    const verdict = await judgeOnTheWire({ allowedAddresses: ['127.0.0.1'] }, [`X-Forwarded-For: ${CLIENT}`])
    expect(verdict).toEqual({ clientAddress: '127.0.0.1', allowed: true, reason: 'allowed' })
  })

  test('R3: duplicate lines, in any case and with others between, are one list in the order of the wire', async () => {
    const lines = [
      `X-Forwarded-For: ${CLIENT}`,
      'X-Other: 1',
      `x-forwarded-FOR: ${STRANGER}`,
      'X-FORWARDED-FOR: 127.0.0.9',
    ]
    expect(await judgeOnTheWire(viaHeader, lines)).toEqual(denied)
  })

  test('R3: the same lines the other way round name the other', async () => {
    const lines = [`X-Forwarded-For: ${STRANGER}`, `X-Forwarded-For:${CLIENT}\t`]
    expect(await judgeOnTheWire(viaHeader, lines)).toEqual(allowed)
  })

  test('R15: the last line wins even for a header of which Node’s own table keeps the first', async () => {
    const lines = [`From: ${CLIENT}`, `From: ${STRANGER}`]
    expect(await judgeOnTheWire({ ...viaHeader, source: 'from' }, lines)).toEqual(denied)
  })

  test('R5: a quote opened in the first Forwarded line voids the second', async () => {
    const lines = [`Forwarded: for="${CLIENT}`, `Forwarded: for=${STRANGER}`]
    expect(await judgeOnTheWire({ ...viaHeader, source: 'forwarded' }, lines)).toEqual({
      allowed: false,
      reason: 'header-invalid',
    })
  })

  test('R12: a no-break space arrives as a byte and is not trimmed', async () => {
    expect(await judgeOnTheWire(viaHeader, [`X-Forwarded-For: ${CLIENT}\xa0`])).toEqual({
      allowed: false,
      reason: 'header-invalid',
    })
  })

  test('R6: a proxy that sends nothing is denied, although its own address is allowed', async () => {
    const settings = { ...viaHeader, allowedAddresses: LOCAL }
    expect(await judgeOnTheWire(settings, [])).toEqual({ allowed: false, reason: 'header-missing' })
  })

  test('15 KB of commas before the client change nothing', async () => {
    const lines = [`X-Forwarded-For: ${','.repeat(15_000)}${CLIENT}`]
    expect(await judgeOnTheWire(viaHeader, lines)).toEqual(allowed)
  })
})

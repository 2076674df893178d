// Asks a MariaDB or MySQL server what it is: it says so itself, in the first packet of a connection.
import { readReply } from './read-reply.mjs'

const TIMEOUT_MS = 5_000
const HEADER_BYTES = 4
const ERROR_PACKET = 0xff

/** Name and version, such as `MariaDB 10.11.14` or `MySQL 8.4.3`. Rejects when it does not answer or refuses. */
export async function askMysql({ host, port }) {
  return nameMysql(await readReply({ host, port, timeoutMs: TIMEOUT_MS }, '', parseGreeting))
}

/** The name for a version as the server writes it, such as `5.5.5-10.11.14-MariaDB-0+deb12u2`. */
export function nameMysql(version) {
  const numbers = /\d+\.\d+\.\d+/.exec(version.replace(/^5\.5\.5-/, ''))?.[0] ?? version
  return `${/mariadb/i.test(version) ? 'MariaDB' : 'MySQL'} ${numbers}`
}

/** The version in the greeting: length and number of the packet, the protocol's version, then text up to a zero byte. */
function parseGreeting(bytes) {
  if (bytes.length < HEADER_BYTES || bytes.length < HEADER_BYTES + bytes.readUIntLE(0, 3)) return undefined
  const packet = bytes.subarray(HEADER_BYTES)
  if (packet[0] === ERROR_PACKET) throw new Error(`The server refused: ${packet.subarray(3).toString('latin1')}`)
  return packet.subarray(1, packet.indexOf(0, 1)).toString('latin1')
}

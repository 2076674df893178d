// Asks a Redis or Valkey server what it is.
import { readReply } from './read-reply.mjs'

const TIMEOUT_MS = 5_000

/** `{ server, pid }`: its name and version such as `Redis 7.0.15`, and its process. Rejects when it does not answer. */
export async function askRedis(url) {
  const { hostname, port, protocol, username, password } = new URL(url)
  // Redis before version 6 knows passwords only.
  const names = username === '' ? [] : [decodeURIComponent(username)]
  const login = password === '' ? '' : command('AUTH', ...names, decodeURIComponent(password))
  const text = await readReply(
    {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 6379),
      tls: protocol === 'rediss:',
      timeoutMs: TIMEOUT_MS,
    },
    login + command('INFO', 'server'),
    parseInfo,
  )
  const field = (name) => new RegExp(`^${name}:(.*)$`, 'm').exec(text)?.[1].trim()
  const valkey = field('valkey_version')
  return { server: valkey ? `Valkey ${valkey}` : `Redis ${field('redis_version')}`, pid: Number(field('process_id')) }
}

/** A command as the protocol wants it: an array of strings, each with its length. */
function command(...words) {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}

/** The text of the INFO answer, once all of it is there; before it there may be the `+OK` of AUTH. */
function parseInfo(bytes) {
  const text = bytes.toString('latin1')
  const refusal = /^(?:\+OK\r\n)?-(.*)\r\n/.exec(text)
  if (refusal) throw new Error(`Redis answered ${JSON.stringify(refusal[1])}.`)
  const head = /^(?:\+OK\r\n)?\$(\d+)\r\n/.exec(text)
  if (head === null) return undefined
  const end = head[0].length + Number(head[1])
  return text.length < end ? undefined : text.slice(head[0].length, end)
}

// How much waits in Redis, found out in a few commands, however much else it keeps.
import type { CacheUsage } from '../../cache-provider.js'
import type { RedisClient } from './redis-client.js'
import { isErrorReply, isUnknownCommand } from './redis-failure.js'
import { askMemory } from './server-memory.js'

/** Keys that one command looks at, and how many such commands there are at most: each takes Redis less than a millisecond. */
const KEYS_AT_ONCE = 2_000
const MOST_SCANS = 25
const TOO_MANY = 'There are so many keys in its database that the pages among them were not counted.'
const MAY_NOT = 'Its user may not SCAN, so the pages were not counted.'

/** The pages are the keys that begin with `prefix`; bytes are told of the server as a whole. */
export async function usageOfRedis(client: RedisClient, prefix: string, stillWanted: () => void): Promise<CacheUsage> {
  const pages = await countPages(client, prefix, stillWanted)
  const memory = client.nodes === undefined ? await describeMemory(client) : undefined
  const note = [typeof pages === 'string' ? pages : undefined, memory].filter((it) => it !== undefined).join(' ')
  return { ...(typeof pages === 'number' && { pages }), ...(note !== '' && { note }) }
}

/** A sentence on why not, where they cannot be counted. */
async function countPages(client: RedisClient, prefix: string, stillWanted: () => void): Promise<number | string> {
  const pattern = `${escapeGlob((client.options?.keyPrefix ?? '') + prefix)}*`
  const seen = new Set<string>()
  let scans = 0
  try {
    for (const node of client.nodes?.('master') ?? [client]) {
      let cursor = '0'
      do {
        stillWanted()
        if (node.scan === undefined) return MAY_NOT
        if (++scans > MOST_SCANS) return TOO_MANY
        const [next, keys] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', KEYS_AT_ONCE)
        // While Redis makes its table larger or smaller, a key may come twice.
        for (const key of keys) seen.add(String(key))
        cursor = next
      } while (cursor !== '0')
    }
    return seen.size
  } catch (error) {
    if (isErrorReply(error, 'NOPERM') || isUnknownCommand(error)) return MAY_NOT
    throw error
  }
}

function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]^]/g, '\\$&')
}

/** How full the server is, in a sentence; nothing where it does not tell. */
async function describeMemory(client: RedisClient): Promise<string | undefined> {
  const memory = await askMemory(client)
  const [used, most] = ['used_memory', 'maxmemory'].map((name) => new RegExp(`^${name}:(\\d+)`, 'm').exec(memory)?.[1])
  if (used === undefined) return undefined
  const limit = most === undefined || most === '0' ? 'and has no maxmemory' : `of its maxmemory of ${most}`
  return `The whole server uses ${used} bytes ${limit}.`
}

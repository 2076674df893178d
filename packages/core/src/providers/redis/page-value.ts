// The commands for one value: what is kept, taken and read under one key.
import type { RedisClient } from './redis-client.js'
import type { ServerFacts } from './redis-connection.js'
import { isErrorReply, isUnknownCommand } from './redis-failure.js'

/** A value up to this long is always taken: Redis lets no one set proto-max-bulk-len lower. */
export const ALWAYS_TAKEN_BYTES = 1024 * 1024
const DEFAULT_LONGEST_VALUE = 512 * 1024 * 1024

/**
 * Reads and removes in one step, so that of many callers one gets the value: `GETDEL`. A server older than 6.2 has no
 * such command; there everybody reads, and the one whose `DEL` finds the key has won. `stillWanted` throws when the
 * caller has gone in between. A value of another type is left alone, and is none.
 */
export async function takeValue(
  client: RedisClient,
  key: string,
  facts: ServerFacts,
  stillWanted: () => void,
): Promise<Buffer | undefined> {
  if (facts.lacksGetdel !== true) {
    try {
      return (await client.getdelBuffer(key)) ?? undefined
    } catch (error) {
      if (isOfOtherType(error)) return undefined
      if (!isUnknownCommand(error)) throw error
      facts.lacksGetdel = true
    }
  }
  const value = await readValue(client, key)
  if (value === undefined) return undefined
  stillWanted()
  return (await client.del(key)) === 1 ? value : undefined
}

/** Reads and leaves the value; one of another type is none. */
export async function readValue(client: RedisClient, key: string): Promise<Buffer | undefined> {
  try {
    return (await client.getBuffer(key)) ?? undefined
  } catch (error) {
    if (isOfOtherType(error)) return undefined
    throw error
  }
}

function isOfOtherType(error: unknown): boolean {
  return isErrorReply(error, 'WRONGTYPE')
}

/** How long a value may be, in bytes: asked once per connection. */
export async function longestValue(client: RedisClient, facts: ServerFacts): Promise<number> {
  return (facts.longestValue ??= await askLongestValue(client))
}

/** What Redis is set to, or its default where asking is not allowed. */
async function askLongestValue(client: RedisClient): Promise<number> {
  try {
    const [, value] = (await client.config('GET', 'proto-max-bulk-len')) as readonly unknown[]
    const bytes = Number(value)
    return bytes >= ALWAYS_TAKEN_BYTES ? bytes : DEFAULT_LONGEST_VALUE
  } catch (error) {
    if (isErrorReply(error, 'NOPERM') || isUnknownCommand(error)) return DEFAULT_LONGEST_VALUE
    throw error
  }
}

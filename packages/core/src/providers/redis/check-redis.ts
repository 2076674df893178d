// The Redis provider's check(): tries the server for real and puts what is wrong into sentences.
import { randomBytes } from 'node:crypto'
import { takeValue } from './page-value.js'
import type { RedisClient } from './redis-client.js'
import type { ServerFacts } from './redis-connection.js'
import { askMemory } from './server-memory.js'

const PROBE_BYTES = 1024
const PROBE_LIFE_MS = 10_000

/** With these no page goes before its time while there is room, and the oldest goes first when there is none. */
const HARMLESS_POLICIES: readonly string[] = ['noeviction', 'volatile-ttl']

/** One sentence per problem: a probe goes the way of every page, and Redis is asked what it does when it is full. */
export async function checkRedis(
  client: RedisClient,
  facts: ServerFacts,
  { prefix, server, stillWanted }: { prefix: string; server: string; stillWanted: () => void },
): Promise<string[]> {
  const key = `${prefix}check-${randomBytes(16).toString('hex')}`
  const probe = randomBytes(PROBE_BYTES)
  await client.ping()
  await client.set(key, probe, 'PX', PROBE_LIFE_MS)
  const copy = await takeValue(client, key, facts, stillWanted)
  const problems = await findEviction(client)
  if (copy?.equals(probe) !== true) {
    problems.push(`A probe that was stored at ${server} did not come back as it was: see what else uses that Redis.`)
  }
  return problems
}

async function findEviction(client: RedisClient): Promise<string[]> {
  const memory = await askMemory(client)
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1]
  const limited = /^maxmemory:[1-9]/m.test(memory)
  if (policy === undefined || !limited || HARMLESS_POLICIES.includes(policy)) return []
  return [
    `When its memory is full, Redis lets pages go before their time and in any order (maxmemory-policy ${policy}): set volatile-ttl, which lets the oldest go first.`,
  ]
}

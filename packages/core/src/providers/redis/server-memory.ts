// What Redis tells of its memory.
import type { RedisClient } from './redis-client.js'
import { isErrorReply, isUnknownCommand } from './redis-failure.js'

/** Lines of `name:value`; nothing where Redis does not let its user ask. */
export async function askMemory(client: RedisClient): Promise<string> {
  try {
    return await client.info('memory')
  } catch (error) {
    if (isErrorReply(error, 'NOPERM') || isUnknownCommand(error)) return ''
    throw error
  }
}

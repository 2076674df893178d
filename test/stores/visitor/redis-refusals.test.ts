// A Redis that answers, but not with a page: the visitor notices nothing, and the crawler hears 404 only of pages that
// are gone.
import { describe } from '@jest/globals'
import { Redis } from 'ioredis'
import { startRedis } from '../../../scripts/services.mjs'
import {
  showFault,
  showFirstFault,
  testTogether,
  UNAVAILABLE,
  type Fault,
  type FaultScene,
} from '../support/fault-show.js'
import { closedPort } from '../support/redis-bench.js'

interface Scene extends FaultScene {
  /** Connected, and allowed everything. */
  readonly redis: Redis
}

const PREFIX = 'faults:'
/** The password that stands in the location. */
const PASSWORD = 'known'
const REFUSED_LOGIN = /refuses the user or the password/

/** The store works on, and the page that waited is a page no more. */
const GONE = { answers: { waiting: 404, fresh: 200, unknown: 404 }, afterwards: 404 } as const
const nothing = () => undefined

const FAULTS: readonly Fault<Scene>[] = [
  {
    name: 'has no memory left, and may evict nothing',
    begin: ({ redis }) => redis.config('SET', 'maxmemory', '1'),
    end: ({ redis }) => redis.config('SET', 'maxmemory', '0'),
    sentence: /its memory is full/,
    answers: { waiting: 200, fresh: 404, unknown: 404 }, // it can be read, and only what is new is lost
    afterwards: 404,
  },
  {
    name: 'becomes a read-only replica',
    begin: async ({ redis }) => redis.replicaof('127.0.0.1', await closedPort()),
    end: ({ redis }) => redis.replicaof('NO', 'ONE'),
    sentence: /it is a read-only replica/,
    answers: UNAVAILABLE, // a page that cannot be removed is not handed out
    afterwards: 200,
  },
  {
    name: 'gets another password, and knows nobody any more',
    begin: async ({ redis }) => {
      await redis.config('SET', 'requirepass', 'unknown')
      await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    },
    end: ({ redis }) => redis.config('SET', 'requirepass', PASSWORD),
    sentence: REFUSED_LOGIN,
    answers: UNAVAILABLE,
    afterwards: 200,
  },
  {
    name: 'is given a value of another type in place of the page',
    begin: ({ redis }, token) => redis.multi().del(`${PREFIX}${token}`).lpush(`${PREFIX}${token}`, 'Tea?').exec(),
    end: nothing,
    ...GONE,
  },
  {
    name: 'is given a text that is no page in place of the page',
    begin: ({ redis }, token) => redis.set(`${PREFIX}${token}`, 'Tea?'),
    end: nothing,
    ...GONE,
  },
  {
    name: 'is left with one half of the page',
    begin: async ({ redis }, token) => {
      const bytes = await redis.getBuffer(`${PREFIX}${token}`)
      await redis.set(`${PREFIX}${token}`, bytes?.subarray(0, bytes.length / 2) ?? '')
    },
    end: nothing,
    ...GONE,
  },
]

const WRONG_PASSWORD: Fault<Scene> = {
  name: 'that does not take the password of the location, until it does',
  begin: ({ redis }) => redis.config('SET', 'requirepass', 'unknown'),
  end: ({ redis }) => redis.config('SET', 'requirepass', PASSWORD),
  sentence: REFUSED_LOGIN,
  answers: UNAVAILABLE,
}

async function withScene(show: (scene: Scene) => Promise<void>): Promise<void> {
  const server = await startRedis({ args: ['--requirepass', PASSWORD] })
  const redis = new Redis(server.url)
  try {
    await redis.ping()
    await show({ location: `${server.url}?prefix=${PREFIX}`, redis })
  } finally {
    redis.disconnect()
    await server.stop()
  }
}

describe('no visitor notices and no crawler is misled by a Redis that', () => {
  testTogether(FAULTS, (fault) => withScene((scene) => showFault(scene, fault)))
})

describe('no visitor notices and no crawler is misled by a Redis, found at the start,', () => {
  testTogether([WRONG_PASSWORD], (fault) => withScene((scene) => showFirstFault(scene, fault)))
})

// A database that fails: each fault has its own sentence, none looks like a miss, and work goes on when it is over.
import { describe, expect, test } from '@jest/globals'
import { createPageToken, type CacheProvider } from '@facsimile/core'
import { samplePage } from '../core/providers/sample-page.js'
import { failureOf } from '../support/failure-of.js'
import type { ThrowAwayServer } from '../../scripts/services.mjs'
import { eventually } from '../support/eventually.js'
import { ask, faultOf, freeze, withMysql, worksAgain } from './support/mysql-bench.js'
import { mysqlUrl } from './support/servers.js'

describe('a server that cannot be reached', () => {
  test.each([
    [
      'refuses the connection',
      'mysql://app:s3cret@127.0.0.1:1/site',
      /connection was refused \(ECONNREFUSED\).*server runs/,
    ],
    [
      'has an unknown name',
      'mysql://app:s3cret@nope.invalid/site',
      /host name .*(ENOTFOUND|EAI_AGAIN).*host name of the location/,
    ],
  ])('because it %s is told of', async (_fault, location, sentence) => {
    await withMysql(async ({ provider }) => {
      const failing = provider({ location })
      expect(await faultOf(failing)).toMatchObject({
        code: 'PROVIDER_FAILED',
        message: expect.stringMatching(sentence),
      })
      expect(await failing.check()).toEqual([expect.stringMatching(sentence)])
    })()
  })

  test(
    'because user and password are wrong is told of without the password, however often one asks',
    withMysql(async ({ provider }) => {
      const url = new URL(mysqlUrl())
      url.password = 'wr0ng'
      const failing = provider({ location: url.href })
      for (let times = 0; times < 20; times++) {
        const fault = await faultOf(failing)
        expect(fault).toMatchObject({ code: 'PROVIDER_FAILED', cause: expect.objectContaining({ errno: 1045 }) })
        expect(fault.message).toMatch(/refused user and password \(ER_ACCESS_DENIED_ERROR, 1045\)/)
        expect(`${fault.message} ${JSON.stringify(fault)}`).not.toMatch(/wr0ng/)
      }
    }),
  )

  test(
    'because the database does not exist is told of',
    withMysql(async ({ provider }) => {
      const url = new URL(mysqlUrl())
      url.pathname = '/no_such_database_here'
      // A user with rights on its own database alone is told that it has no access.
      expect((await faultOf(provider({ location: url.href }))).message).toMatch(
        /no such database \(.*1049\)|no access .*1044/,
      )
    }),
  )

  test(
    'because it offers no TLS is told of, and nothing is sent in the clear',
    withMysql(async (bench) => {
      const server = await bench.server('--skip-ssl')
      const fault = await faultOf(
        bench.provider({ location: `${server.url.replace('127.0.0.1', 'localhost')}?ssl=verify` }),
      )
      expect(fault.message).toMatch(/the server offers no TLS/)
    }),
  )

  test(
    'because it has too many connections is told of, and reached again when it has fewer',
    withMysql(async (bench) => {
      const server = await bench.server('--max-connections=10')
      const url = await plainUser(bench, server)
      const hoggers = []
      for (let count = 0; count < 10; count++) hoggers.push(await bench.connection(url))
      const provider = bench.provider({ location: url })
      expect((await faultOf(provider)).message).toMatch(/too many connections \(.*1040\).*max_connections/)
      hoggers.forEach((hogger) => hogger.destroy())
      await worksAgain(provider)
    }),
  )
})

describe('a server that fails later', () => {
  test(
    'because it is read-only is told of; pages can be looked at, and none is served that cannot be removed',
    withMysql(async (bench) => {
      const server = await bench.server()
      const provider = bench.provider({ location: await plainUser(bench, server) })
      const token = createPageToken()
      await provider.store(token, samplePage())
      const admin = await bench.connection(server.url)
      await admin.query('SET GLOBAL read_only = 1')
      expect((await faultOf(provider)).message).toMatch(/the server is read-only \(.*1290\)/)
      const fault = await failureOf(provider.pull(token))
      expect(fault).toMatchObject({ code: 'PROVIDER_FAILED' })
      expect(await provider.peek(token)).toBeDefined()
      await admin.query('SET GLOBAL read_only = 0')
      expect(await provider.pull(token)).toBeDefined()
    }),
  )

  test(
    'because it kills the connection under a statement says that the outcome is not known, and the next call works',
    withMysql(async (bench) => {
      const server = await bench.server()
      const provider = bench.provider({ location: server.url, timeoutMs: 10_000 })
      const admin = await bench.connection(server.url)
      const locker = await bench.connection(server.url)
      for (const kill of ['KILL', 'KILL QUERY']) {
        const token = createPageToken()
        await provider.store(token, samplePage())
        await locker.query('START TRANSACTION')
        await locker.query('SELECT * FROM facsimile_pages FOR UPDATE')
        const pulled = failureOf(provider.pull(token))
        let id: unknown
        await eventually('the pull waits for the lock', async () => {
          const [waiting] = await ask(admin, `SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DELETE%'`)
          id = waiting?.['ID']
          return id !== undefined
        })
        await admin.query(`${kill} ${String(id)}`)
        const fault = await pulled
        expect(fault).toMatchObject({ code: 'PROVIDER_FAILED' })
        expect(fault.message).toMatch(/connection was lost while a statement was under way .* not known whether/)
        await locker.query('ROLLBACK')
        expect(await provider.pull(token)).toBeDefined()
      }
    }),
  )

  test(
    'because a lock is held is given up in time; what was asked for is not known to have happened',
    withMysql(async (bench) => {
      const server = await bench.server()
      const provider = bench.provider({ location: server.url, timeoutMs: 300 })
      const locker = await bench.connection(server.url)
      const token = createPageToken()
      await worksAgain(provider)
      await provider.store(token, samplePage())
      await locker.query('START TRANSACTION')
      await locker.query('SELECT * FROM facsimile_pages FOR UPDATE')
      const fault = await failureOf(provider.pull(token))
      expect(fault).toMatchObject({ code: 'PROVIDER_TIMEOUT' })
      expect(fault.message).toMatch(/no answer within 300 ms, so it is not known whether .* raise timeoutMs/)
      await locker.query('ROLLBACK')
      await worksAgain(provider)
    }),
  )

  test(
    'because it is halted is given up in time by every call of a burst, and nothing is left when it goes on',
    withMysql(async (bench) => {
      const server = await bench.server()
      const provider = bench.provider({ location: server.url, timeoutMs: 300 })
      await worksAgain(provider)
      const thaw = await freeze(server)
      bench.onEnd(thaw)
      const burst = Array.from({ length: 300 }, () => failureOf(provider.pull(createPageToken())))
      const faults = await Promise.all(burst)
      const turnedAway = faults.filter(({ message }) => /too many calls are waiting for a connection/.test(message))
      expect(turnedAway.length).toBeGreaterThan(0) // what waits is bounded
      for (const fault of faults) {
        const code = turnedAway.includes(fault) ? 'PROVIDER_FAILED' : 'PROVIDER_TIMEOUT'
        expect(fault).toMatchObject({ name: 'FacsimileError', code })
      }
      await thaw()
      await worksAgain(provider)
    }),
  )

  test(
    'because it is halted does not keep close() waiting',
    withMysql(async (bench) => {
      const server = await bench.server()
      const provider = bench.provider({ location: server.url, timeoutMs: 300 })
      await worksAgain(provider)
      bench.onEnd(await freeze(server))
      await provider.close()
      expect(await failureOf(provider.pull(createPageToken()))).toMatchObject({ code: 'PROVIDER_CLOSED' })
    }),
  )

  test(
    'because it is started anew works again, without being opened anew',
    withMysql(async (bench) => {
      const server = await bench.server()
      const provider = bench.provider({ location: server.url })
      const token = createPageToken()
      await provider.store(token, samplePage())
      await server.kill('SIGKILL')
      expect((await faultOf(provider)).message).toMatch(/connection was (refused|lost)/)
      await server.restart()
      await eventually('the page is there again', async () => {
        const [found] = await Promise.allSettled([provider.peek(token)])
        return found.status === 'fulfilled' && found.value !== undefined
      })
      await worksAgain(provider)
    }),
  )
})

describe('a page that is too large', () => {
  test(
    'is refused before it is sent, and the next call is fine',
    withMysql(async (bench) => {
      const server = await bench.server('--max-allowed-packet=1M')
      const provider = bench.provider({ location: server.url, timeoutMs: 10_000 })
      const admin = await bench.connection(server.url)
      const token = createPageToken()
      await provider.store(createPageToken(), samplePage())
      const aborted = await statusOf(admin, 'Aborted_clients')
      const fault = await failureOf(provider.store(token, samplePage({ body: Buffer.alloc(1024 * 1024) })))
      expect(fault).toMatchObject({ code: 'PAGE_TOO_LARGE' })
      expect(fault.message).toMatch(/a page of \d+ bytes.* max_allowed_packet = 1048576; raise/)
      expect(await provider.pull(token)).toBeUndefined()
      await worksAgain(provider)
      expect(await statusOf(admin, 'Aborted_clients')).toBe(aborted)
      // Just below, and every byte one that a text protocol would have to escape.
      const most = samplePage({ body: Buffer.alloc(1024 * 1024 - 5_000, 0x27) })
      await provider.store(token, most)
      expect((await provider.pull(token))?.body.equals(most.body)).toBe(true)
      expect(await provider.check()).toEqual([
        expect.stringMatching(/packets of at most 1048576 bytes.*4194304 or more/),
      ])
    }),
  )
})

describe('a late reply', () => {
  test(
    'never reaches the next caller',
    withMysql(async (bench) => {
      const server = await bench.server()
      const provider = bench.provider({ location: server.url, timeoutMs: 100 })
      await worksAgain(provider)
      const locker = await bench.connection(server.url)
      for (let round = 0; round < 10; round++) {
        const tokens = Array.from({ length: 30 }, createPageToken)
        await Promise.all(tokens.map((token) => storeInTime(provider, token)))
        await locker.query('START TRANSACTION')
        await locker.query('SELECT * FROM facsimile_pages FOR UPDATE')
        const held = Promise.allSettled(tokens.map((token) => provider.pull(token)))
        if (round % 2) await held
        const unlocked = locker.query('ROLLBACK')
        for (const [index, outcome] of (await held).entries()) {
          if (outcome.status === 'fulfilled' && outcome.value) expect(outcome.value.url).toBe(`/${tokens[index]}`)
        }
        await unlocked
        const looks = await Promise.allSettled(tokens.map((token) => provider.peek(token)))
        for (const [index, outcome] of looks.entries()) {
          if (outcome.status === 'fulfilled' && outcome.value) expect(outcome.value.url).toBe(`/${tokens[index]}`)
        }
      }
    }),
  )
})

async function storeInTime(provider: CacheProvider, token: ReturnType<typeof createPageToken>): Promise<void> {
  await eventually('stores', async () => {
    const [stored] = await Promise.allSettled([provider.store(token, samplePage({ url: `/${token}` }))])
    return stored.status === 'fulfilled'
  })
}

/** The location of a user without the rights of an administrator, who may ignore limits. */
async function plainUser(
  bench: Parameters<Parameters<typeof withMysql>[0]>[0],
  server: ThrowAwayServer,
): Promise<string> {
  const admin = await bench.connection(server.url)
  const url = new URL(server.url)
  await admin.query(`CREATE USER 'plain'@'127.0.0.1' IDENTIFIED BY 'plain'`)
  await admin.query(`GRANT SELECT, INSERT, DELETE, CREATE ON ${url.pathname.slice(1)}.* TO 'plain'@'127.0.0.1'`)
  admin.destroy()
  url.username = 'plain'
  url.password = 'plain'
  return url.href
}

async function statusOf(admin: Parameters<typeof ask>[0], name: string): Promise<unknown> {
  const [row] = await ask(admin, `SHOW GLOBAL STATUS LIKE '${name}'`)
  return row?.['Value']
}

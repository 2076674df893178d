// Private servers for tests of faults: real programs of this machine, killed, halted and started again.
import { existsSync } from 'node:fs'
import { afterEach, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise'
import { startMariadb, startRedis, startServices, type ThrowAwayServer } from '../../scripts/services.mjs'

const toTakeDown: (() => unknown)[] = []
afterEach(async () => {
  for (const takeDown of toTakeDown.splice(0).reverse()) await takeDown()
})

test('a private Redis says its version, and is another process than its caller', async () => {
  const server = await owned(startRedis())
  expect(server.server).toMatch(/^(Redis|Valkey) \d+\.\d+\.\d+/)
  expect(server.url).toBe(`redis://127.0.0.1:${server.port}`)
  expect(isRunning(server.pid)).toBe(true)
})

test('a private Redis starts again on the same port after it was killed', async () => {
  const server = await owned(startRedis())
  const { url, port, pid } = server
  await server.kill()
  expect(isRunning(pid)).toBe(false)
  await server.restart()
  expect({ url: server.url, port: server.port }).toEqual({ url, port })
  expect(server.pid).not.toBe(pid)
  expect(await askRedis(url, (redis) => redis.ping())).toBe('PONG')
})

test('a private Redis keeps its folder over a restart', async () => {
  const server = await owned(startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] }))
  await askRedis(server.url, (redis) => redis.set('page', 'kept'))
  await server.restart()
  expect(await askRedis(server.url, (redis) => redis.get('page'))).toBe('kept')
})

test('a private Redis can be halted, and goes on afterwards', async () => {
  const server = await owned(startRedis())
  await server.kill('SIGSTOP')
  await expect(askRedis(server.url, (redis) => redis.ping())).rejects.toThrow('timed out')
  await server.kill('SIGCONT')
  expect(await askRedis(server.url, (redis) => redis.ping())).toBe('PONG')
})

test('a private Redis takes a password, and its address has it', async () => {
  const server = await owned(startRedis({ args: ['--requirepass', 'tea & biscuits'] }))
  expect(await askRedis(server.url, (redis) => redis.ping())).toBe('PONG')
})

test('a private Redis that refuses its arguments is told of with the end of its log', async () => {
  await expect(startRedis({ args: ['--no-such-setting', 'x'] })).rejects.toThrow(
    /ended with status 1.*log ends:.*no-such-setting/is,
  )
})

test('a private server that is stopped is gone, halted or not', async () => {
  const server = await startRedis()
  await server.kill('SIGSTOP')
  await server.stop()
  expect(isRunning(server.pid)).toBe(false)
})

test('a private MariaDB starts again on the same port with what was committed, killed or not', async () => {
  const server = await owned(startMariadb())
  const { url, port } = server
  await askMysql(url, (connection) => connection.query('CREATE TABLE pages (id INT PRIMARY KEY)'))
  await askMysql(url, (connection) => connection.query('INSERT INTO pages VALUES (1)'))
  await server.kill()
  await server.restart()
  await askMysql(url, (connection) => connection.query('INSERT INTO pages VALUES (2)'))
  await server.restart()
  expect({ url: server.url, port: server.port }).toEqual({ url, port })
  expect(await askMysql(url, (connection) => columnOf(connection, 'SELECT id FROM pages ORDER BY id'))).toEqual([1, 2])
})

test('a private MariaDB takes arguments, lets its user do everything, and lets in nobody else', async () => {
  const server = await owned(startMariadb({ args: ['--max-allowed-packet=2M'] }))
  const packet = await askMysql(server.url, (connection) => columnOf(connection, 'SELECT @@max_allowed_packet'))
  expect(packet).toEqual([2 * 1024 * 1024])
  await askMysql(server.url, (connection) => connection.query(`CREATE USER reader@127.0.0.1 IDENTIFIED BY 'x'`))
  const asRoot = `mysql://root@127.0.0.1:${server.port}/`
  await expect(askMysql(asRoot, (connection) => connection.ping())).rejects.toThrow(/denied|not allowed/i)
})

test('the folder of a private MariaDB goes with it', async () => {
  const server = await startMariadb()
  const [folder] = (await askMysql(server.url, (connection) => columnOf(connection, 'SELECT @@datadir'))) as string[]
  await server.stop()
  expect(folder).toMatch(/facsimile-\w+\/data/)
  expect(existsSync(folder!)).toBe(false)
})

test('on a given MariaDB a database of our own is made and dropped, and no other is touched', async () => {
  const [given, redis] = await Promise.all([owned(startMariadb()), owned(startRedis())])
  const databases = () => askMysql(given.url, (connection) => columnOf(connection, 'SHOW DATABASES'))
  const before = await databases()

  const services = await startServices({ env: { REDIS_URL: redis.url, MYSQL_URL: given.url } })
  const own = new URL(services.env['TEST_MYSQL_URL']!).pathname.slice(1)
  expect(own).toMatch(new RegExp(`^facsimile_test_${process.pid}_`))
  expect(services.env['TEST_MYSQL_SERVER']).toBe(given.server)
  expect(await databases()).toEqual([...before, own].sort())

  await services.stop()
  expect(await databases()).toEqual(before)
})

async function owned(starting: Promise<ThrowAwayServer>): Promise<ThrowAwayServer> {
  const server = await starting
  toTakeDown.push(() => server.stop())
  return server
}

async function askRedis<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, commandTimeout: 1_000, retryStrategy: () => null })
  // What goes wrong is told by the question's own promise.
  redis.on('error', () => undefined)
  try {
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}

async function askMysql<T>(url: string, question: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection({ uri: url, connectTimeout: 5_000 })
  try {
    return await question(connection)
  } finally {
    connection.destroy()
  }
}

async function columnOf(connection: Connection, sql: string): Promise<unknown[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql)
  return rows.map((row) => Object.values(row)[0] as unknown)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // No such process; any other answer means that there is one.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

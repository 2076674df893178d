// The locations and settings of the mysql provider: what is understood, and what each mistake is told.
import { describe, expect, test } from '@jest/globals'
import { createMysqlProvider, mysqlTableDdl, parseMysqlLocation } from '@facsimile/core/mysql'

describe('a location of MySQL', () => {
  test.each([
    ['mysql://app@db/site', { host: 'db', port: 3306, user: 'app', password: '', database: 'site', ssl: false }],
    ['MariaDB://app:pw@db.example:3307/site', { host: 'db.example', port: 3307, password: 'pw' }],
    ['mysql://app:pw@[::1]:3307/site', { host: '::1', port: 3307 }],
    ['mysql://a%40b:p%2Fw%3A%23%25@127.0.0.1/my%20site', { user: 'a@b', password: 'p/w:#%', database: 'my site' }],
    ['mysql://app:p@w@db/site', { password: 'p@w', host: 'db' }],
    ['mysql://app:p%C3%A4ss@db/site?ssl=verify', { password: 'päss', ssl: true }],
    [
      'mysql://app@db/site?table=other.pages&createTable=false&timeoutMs=250',
      { table: 'other.pages', createTable: false, timeoutMs: 250 },
    ],
  ])('%s is understood', (location, meaning) => {
    expect(parseMysqlLocation(location)).toMatchObject(meaning)
  })

  test.each([
    ['mysql:', 'does not begin with mysql://'],
    ['mysql:app@db/site', 'does not begin with mysql://'],
    ['mysql://db/site', 'names no user'],
    ['mysql://:pw@db/site', 'names no user'],
    ['mysql://app@/site', 'is no URL'],
    ['mysql://app@db', 'does not name exactly one database'],
    ['mysql://app@db/', 'does not name exactly one database'],
    ['mysql://app@db/site/pages', 'does not name exactly one database'],
    ['mysql://app@db:0/site', 'names port 0'],
    ['mysql://app@db:65536/site', 'is no URL'],
    ['mysql://app@db:x/site', 'is no URL'],
    ['mysql://app@%2Ftmp%2Fsocket/site', 'names no host'],
    ['mysql://app@d;b/site', 'names no host'],
    ['mysql://app:p w@db/site', 'holds a blank or a backslash'],
    ['mysql://app@db/site\n', 'holds a blank or a backslash'],
    ['mysql://app@db/a\0b', 'holds a blank or a backslash'],
    ['mysql://app@db/a%00b', 'or a NUL'],
    ['mysql://app:%zz@db/site', 'two hexadecimal digits'],
    ['mysql://app@db/site#x', 'holds a #'],
    ['mysql://app@10.0.0.1/site?ssl=verify', 'asks for ssl=verify and gives an address; give the host name'],
    ['mysql://app@[::1]/site?ssl=verify', 'asks for ssl=verify and gives an address; give the host name'],
    ['mysql://app@db/site?ssl=true', 'gives ssl a value that it cannot have'],
    ['mysql://app@db/site?timeoutMs=1e3', 'gives timeoutMs a value that it cannot have'],
    ['mysql://app@db/site?timeoutMs=0', 'gives timeoutMs a value that it cannot have'],
    ['mysql://app@db/site?createTable=yes', 'gives createTable a value that it cannot have'],
    ['mysql://app@db/site?table=a`b', 'gives table a value that it cannot have'],
    ['mysql://app@db/site?table=a&table=b', 'gives table twice'],
    ['mysql://app@db/site?multipleStatements=true', 'has an unknown parameter "multipleStatements"'],
    ['mysql://app@db/site?__proto__=x', 'has an unknown parameter "__proto__"'],
  ])('%j is refused at once: it %s', (location, problem) => {
    const open = () => createMysqlProvider({ location })
    expect(open).toThrow(expect.objectContaining({ code: 'LOCATION_INVALID' }))
    expect(open).toThrow(problem)
    expect(open).toThrow('write mysql://user[:password]@host[:port]/database')
  })

  test.each([
    'mysql://app:s3cret@db',
    'mysql://app:s3cret@db/site?x=1',
    'mysql://app:s3c#ret@db/site',
    'mysql://:s3cret@',
  ])('%s is refused without its password', (location) => {
    const [outcome] = [() => parseMysqlLocation(location)].map(messageOf)
    expect(outcome).toContain('***')
    expect(outcome).not.toMatch(/s3c/)
  })
})

describe('the settings of the mysql provider', () => {
  const location = 'mysql://app@db/site'

  test.each([
    '',
    'a b',
    'a`b',
    "a'b",
    'a;b',
    'a-b',
    'ä',
    'a.b.c',
    '.a',
    'a.',
    '123',
    '1.a',
    'a'.repeat(65),
    'a\0',
    'a\n',
    7,
    {},
  ])('refuse the table %j', (table) => {
    const create = () => createMysqlProvider({ location, table: table as string })
    expect(create).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }))
    expect(create).toThrow(`table is ${JSON.stringify(table)}; give a name of at most 64 letters, digits and _`)
    expect(() => mysqlTableDdl(table as string)).toThrow('give a name of at most 64 letters')
  })

  test.each(['pages', '_', 'a1', '1a', 'A_b.C_d', 'a'.repeat(64)])('take the table %s', async (table) => {
    await createMysqlProvider({ location, table }).close()
    expect(mysqlTableDdl(table)).toContain(`CREATE TABLE IF NOT EXISTS \`${table.replace('.', '`.`')}\` (`)
  })

  test.each([
    [{}, 'neither location nor pool is given'],
    [{ location, pool: {} }, 'both location and pool are given'],
    [{ pool: {} }, 'pool is no pool of mysql2'],
    [{ pool: { getConnection: () => undefined } }, 'pool is no pool of mysql2'],
    [{ location, timeoutMs: 49 }, 'timeoutMs is 49; give a whole number from 50 to 60000'],
    [{ location, timeoutMs: Number.NaN }, 'timeoutMs is NaN'],
    [{ location, createTable: 'yes' }, 'createTable is "yes"; give true or false'],
    [{ location, tabel: 'x' }, 'tabel is no setting; did you mean table?'],
    [undefined, 'give { location } or { pool }'],
  ])('%j are refused: %s', (settings, problem) => {
    const create = () => createMysqlProvider(settings as unknown as { location: string })
    expect(create).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }))
    expect(create).toThrow(problem)
  })
})

function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

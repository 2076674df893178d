// A MariaDB that answers, but not with a page: the visitor notices nothing, and the crawler hears 404 only of pages that
// are gone.
import { afterAll, beforeAll, describe } from '@jest/globals'
import { mysqlTableDdl } from '@facsimile/core/mysql'
import { startMariadb, type ThrowAwayServer } from '../../../scripts/services.mjs'
import { withMysqlScene, type MysqlScene } from '../support/fault-mysql.js'
import { showFault, showFirstFault, testTogether, UNAVAILABLE, type Fault } from '../support/fault-show.js'

interface MysqlFault extends Fault<MysqlScene> {
  /** What the location ends in. */
  readonly parameters?: string
  /** A server of its own with these arguments, for what others on the same server would notice. */
  readonly serverArgs?: readonly string[]
}

const REFUSED_LOGIN = /refused user and password/

/** The store works on, and the page that waited is a page no more. */
const GONE = { answers: { waiting: 404, fresh: 200, unknown: 404 }, afterwards: 404 } as const
const nothing = () => undefined

const FAULTS: readonly MysqlFault[] = [
  {
    name: 'gets another password, and knows nobody any more',
    begin: async ({ setPassword, killConnections }) => {
      await setPassword('unknown')
      await killConnections()
    },
    end: ({ restorePassword }) => restorePassword(),
    sentence: REFUSED_LOGIN,
    answers: UNAVAILABLE,
    afterwards: 200,
  },
  {
    name: 'has no connection left',
    serverArgs: ['--max-connections=10'],
    begin: async ({ killConnections, takeAllConnections }) => {
      await killConnections()
      await takeAllConnections()
    },
    end: ({ releaseConnections }) => releaseConnections(),
    sentence: /the server has too many connections/,
    answers: UNAVAILABLE,
    afterwards: 200,
  },
  {
    name: 'loses its table, which is made again at once',
    begin: ({ run, table }) => run(`DROP TABLE ${table}`),
    end: nothing,
    ...GONE,
  },
  {
    name: 'loses its table, which only an administrator may make',
    parameters: '&createTable=false',
    begin: ({ run, table }) => run(`DROP TABLE ${table}`),
    end: ({ run, table }) => run(mysqlTableDdl(table)),
    sentence: /table "pages_\w+" .* is missing, and createTable is false/,
    answers: UNAVAILABLE,
    afterwards: 404,
  },
  {
    name: 'is given a foreign record in place of the page',
    begin: ({ run, table }, token) => run(`UPDATE ${table} SET record = 'Tea?' WHERE token = ?`, [token]),
    end: nothing,
    ...GONE,
  },
  {
    name: 'is left with one half of the page',
    begin: ({ run, table }, token) =>
      run(`UPDATE ${table} SET record = LEFT(record, LENGTH(record) / 2) WHERE token = ?`, [token]),
    end: nothing,
    ...GONE,
  },
]

const WRONG_PASSWORD: MysqlFault = {
  name: 'that does not take the password of the location, until it does',
  begin: ({ setPassword }) => setPassword('unknown'),
  end: ({ restorePassword }) => restorePassword(),
  sentence: REFUSED_LOGIN,
  answers: UNAVAILABLE,
}

let shared: ThrowAwayServer
beforeAll(async () => {
  shared = await startMariadb()
})
afterAll(() => shared.stop())

async function withScene(fault: MysqlFault, show: (scene: MysqlScene) => Promise<void>): Promise<void> {
  const { parameters = '', serverArgs } = fault
  const server = serverArgs === undefined ? shared : await startMariadb({ args: [...serverArgs] })
  try {
    await withMysqlScene(server, parameters, async (scene) => {
      if (parameters !== '') await scene.run(mysqlTableDdl(scene.table))
      await show(scene)
    })
  } finally {
    if (server !== shared) await server.stop()
  }
}

describe('no visitor notices and no crawler is misled by a MariaDB that', () => {
  testTogether(FAULTS, (fault) => withScene(fault, (scene) => showFault(scene, fault)))
})

describe('no visitor notices and no crawler is misled by a MariaDB, found at the start,', () => {
  testTogether([WRONG_PASSWORD], (fault) => withScene(fault, (scene) => showFirstFault(scene, fault)))
})

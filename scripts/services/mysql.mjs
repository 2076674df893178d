// MariaDB or MySQL for tests: one that was given, one from this machine's programs, or one in a container.
import { randomBytes } from 'node:crypto'
import { askMysql } from './ask-mysql.mjs'
import { startContainer } from './docker.mjs'
import { programFolders } from './find-program.mjs'
import { createOwnDatabase } from './given-database.mjs'
import { describeMysqld, findMysqld } from './mysqld.mjs'
import { startThrowAwayServer } from './throw-away-server.mjs'

const DATABASE = 'facsimile'

/** How `startServices` gets a MariaDB or MySQL. */
export const mysql = {
  title: 'MySQL',
  variable: 'MYSQL_URL',
  example: 'mysql://user:password@127.0.0.1:3306/test',
  packages: ['mariadb-server-core', 'mariadb-client-core'],
  environment: ({ url, server }) => ({ TEST_MYSQL_URL: url, TEST_MYSQL_SERVER: server }),

  useGiven: (url) => createOwnDatabase(url),

  async startLocal({ env, signal }) {
    const mysqld = await findMysqld(programFolders(env), signal)
    if (mysqld.absent) return mysqld
    const { url, server, stop } = await launch(mysqld, { rights: `${DATABASE}.*`, signal })
    return { url, server, stop, found: mysqld.program }
  },

  async startContainer({ env, signal }) {
    const password = createPassword()
    const url = (port) => urlOf(port, password)
    const ask = (port) => askMysql({ host: '127.0.0.1', port })
    const container = { service: 'mariadb', portVariable: 'DEMO_MARIADB_PORT', url, ask }
    return startContainer(container, { env: { ...env, DEMO_DATABASE_PASSWORD: password }, signal })
  },
}

/**
 * Starts one private MariaDB (or MySQL, where that is what the machine has) from this machine's programs; see
 * `startThrowAwayServer` for what it resolves to. Its user may do everything, so that tests can make users, set
 * globals and kill connections. `args` are the last of its arguments.
 */
export async function startMariadb({ args = [] } = {}) {
  const mysqld = await findMysqld(programFolders())
  if (mysqld.absent) {
    throw new Error(
      `A private MariaDB cannot be started: ${mysqld.absent}. ` +
        'Install the packages mariadb-server-core and mariadb-client-core.',
    )
  }
  return launch(mysqld, { args, rights: '*.*' })
}

function launch(mysqld, { args = [], rights, signal }) {
  const password = createPassword()
  const kind = {
    ...describeMysqld(mysqld, { statements: welcome(mysqld, password, rights), args }),
    url: (port) => urlOf(port, password),
    ask: (port) => askMysql({ host: '127.0.0.1', port }),
  }
  return startThrowAwayServer(kind, { signal })
}

/** What the server runs at each of its starts: one user, who can come from this machine only. */
function welcome({ flavour }, password, rights) {
  const user = `'facsimile'@'127.0.0.1'`
  return [
    `CREATE DATABASE IF NOT EXISTS ${DATABASE};`,
    `CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON ${rights} TO ${user}${rights === '*.*' ? ' WITH GRANT OPTION' : ''};`,
    // MariaDB lets root in by its socket only; MySQL would let anybody in as root.
    ...(flavour === 'MySQL' ? [`ALTER USER 'root'@'localhost' IDENTIFIED BY '${createPassword()}';`] : []),
  ]
}

const createPassword = () => randomBytes(18).toString('base64url')

const urlOf = (port, password) => `mysql://facsimile:${password}@127.0.0.1:${port}/${DATABASE}`

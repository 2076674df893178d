// The programs of MariaDB and MySQL: which of the two is there, how its folder is filled and how it is run.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withDeadline } from './deadline.mjs'
import { execute } from './execute.mjs'
import { findProgram, notFound } from './find-program.mjs'
import { describeEnd } from './throw-away-server.mjs'

const PROGRAMS = ['mariadbd', 'mysqld']
const MARIADB_INSTALLERS = ['mariadb-install-db', 'mysql_install_db']
const VERSION_TIMEOUT_MS = 10_000
const INITIALIZE_DEADLINE_MS = 120_000

/** `{ program, flavour, installer }` with flavour `MariaDB` or `MySQL`, or `{ absent }` with the reason. */
export async function findMysqld(folders, signal) {
  const program = findProgram(PROGRAMS, folders)
  if (program === undefined) return { absent: notFound(PROGRAMS) }
  // Asked, not guessed: the `mysqld` of Debian is a MariaDB.
  const version = await execute(program, ['--no-defaults', '--version'], { timeoutMs: VERSION_TIMEOUT_MS, signal })
  if (!version.succeeded) return { absent: `${program} --version: ${version.reason}` }
  if (!/mariadb/i.test(version.output)) return { program, flavour: 'MySQL' }
  const installer = findProgram(MARIADB_INSTALLERS, folders)
  if (installer === undefined) return { absent: `${program} found, ${notFound(MARIADB_INSTALLERS)}` }
  return { program, flavour: 'MariaDB', installer }
}

/** `title`, `prepare` and `command` of such a server, for `startThrowAwayServer`; it runs `statements` at each start. */
export function describeMysqld(mysqld, { statements, args }) {
  return {
    title: mysqld.flavour,
    async prepare(keeper) {
      const [program, ...options] = initialize(mysqld, keeper.folder)
      const { ended } = await keeper.run(program, options)
      const end = await withDeadline(ended, INITIALIZE_DEADLINE_MS, program)
      if (end.status !== 0) throw new Error(`${program} ended with ${describeEnd(end)}.`)
      // The folder lets in nobody but the server; the file in it may then be read.
      await writeFile(join(keeper.folder, 'start.sql'), `${statements.join('\n')}\n`, { mode: 0o644 })
    },
    command: (folder, port) => [
      mysqld.program,
      '--no-defaults',
      `--datadir=${join(folder, 'data')}`,
      `--tmpdir=${folder}`,
      `--init-file=${join(folder, 'start.sql')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--skip-name-resolve',
      '--skip-log-bin',
      // Small and quick. At each commit the log is written, not synced: that survives a killed server, not a power cut.
      '--innodb-flush-log-at-trx-commit=2',
      '--innodb-flush-method=nosync',
      '--innodb-buffer-pool-size=64M',
      '--performance-schema=OFF',
      ...(mysqld.flavour === 'MySQL' ? ['--mysqlx=OFF', '--secure-file-priv=NULL'] : ['--innodb-log-file-size=16M']),
      ...args,
    ],
  }
}

function initialize({ program, flavour, installer }, folder) {
  const data = `--datadir=${join(folder, 'data')}`
  if (flavour === 'MySQL') return [program, '--no-defaults', '--initialize-insecure', data]
  return [installer, '--no-defaults', data, '--skip-test-db', '--skip-name-resolve']
}

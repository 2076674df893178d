// Redis or Valkey for tests: one that was given, one from this machine's programs, or one in a container.
import { askRedis } from './ask-redis.mjs'
import { startContainer } from './docker.mjs'
import { findProgram, notFound, programFolders } from './find-program.mjs'
import { startThrowAwayServer } from './throw-away-server.mjs'

const PROGRAMS = ['redis-server', 'valkey-server']

/** How `startServices` gets a Redis. */
export const redis = {
  title: 'Redis',
  variable: 'REDIS_URL',
  example: 'redis://127.0.0.1:6379',
  packages: ['redis-server'],
  environment: ({ url, server }) => ({ TEST_REDIS_URL: url, TEST_REDIS_SERVER: server }),

  async useGiven(url) {
    const { server } = await askRedis(url)
    return { url, server, stop: async () => {} }
  },

  async startLocal({ env, signal }) {
    const program = findProgram(PROGRAMS, programFolders(env))
    if (program === undefined) return { absent: notFound(PROGRAMS) }
    return { ...withStop(await launch(program, [], signal)), found: program }
  },

  async startContainer({ env, signal }) {
    const ask = async (port) => (await askRedis(urlOf(port))).server
    return startContainer({ service: 'redis', portVariable: 'DEMO_REDIS_PORT', url: urlOf, ask }, { env, signal })
  },
}

/**
 * Starts one private Redis from this machine's programs; see `startThrowAwayServer` for what it resolves to. It keeps
 * nothing on disk unless `args`, the last of its arguments, say so; its `url` has the password that `--requirepass` sets.
 */
export async function startRedis({ args = [] } = {}) {
  const program = findProgram(PROGRAMS, programFolders())
  if (program === undefined) {
    throw new Error(`A private Redis cannot be started: ${notFound(PROGRAMS)}. Install the package redis-server.`)
  }
  return launch(program, args)
}

function launch(program, args, signal) {
  const at = args.indexOf('--requirepass')
  const login = at === -1 ? '' : `:${encodeURIComponent(args[at + 1])}@`
  const url = (port) => urlOf(port, login)
  const kind = {
    title: 'Redis',
    command: (folder, port) => [
      program,
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--daemonize', 'no'],
      ...['--save', '', '--appendonly', 'no'],
      ...args,
    ],
    url,
    async ask(port, pid) {
      const answer = await askRedis(url(port))
      if (answer.pid !== pid) throw new Error(`Port ${port} belongs to process ${answer.pid}, not to ${pid}.`)
      return answer.server
    },
  }
  return startThrowAwayServer(kind, { signal })
}

const urlOf = (port, login = '') => `redis://${login}127.0.0.1:${port}`

const withStop = ({ url, server, stop }) => ({ url, server, stop })

// A real store that freezes, dies or is started anew: the visitor notices nothing, the crawler is asked to come back and
// is never told that a page does not exist.
import { describe } from '@jest/globals'
import { startMariadb, startRedis, type ThrowAwayServer } from '../../../scripts/services.mjs'
import { showFault, testTogether, UNAVAILABLE, type Fault, type FaultScene } from '../support/fault-show.js'
import { freeze as freezeMariadb } from '../support/mysql-bench.js'
import { freeze as freezeRedis } from '../support/redis-bench.js'

interface StoreKind {
  readonly name: string
  readonly start: () => Promise<ThrowAwayServer>
  readonly freeze: (server: ThrowAwayServer) => Promise<unknown>
  readonly parameters: string
  /** What the crawler gets after the end of the process: a page that waited on a disk, or nothing. */
  readonly afterDeath: 200 | 404
}

interface Scene extends FaultScene {
  readonly server: ThrowAwayServer
  readonly freeze: StoreKind['freeze']
}

const STORES: readonly StoreKind[] = [
  { name: 'Redis', start: startRedis, freeze: freezeRedis, parameters: '?prefix=faults:', afterDeath: 404 },
  { name: 'MariaDB', start: startMariadb, freeze: freezeMariadb, parameters: '?table=faults', afterDeath: 200 },
]

const faultsOf = ({ name, afterDeath }: StoreKind): readonly Fault<Scene>[] => [
  {
    name: `${name}, which freezes`,
    begin: ({ server, freeze }) => freeze(server),
    end: ({ server }) => server.kill('SIGCONT'),
    sentence: /ready in time|became free in time|no answer (came )?within/,
    answers: UNAVAILABLE, // and what was asked for may be taken when it thaws
  },
  ...(['SIGKILL', 'SIGTERM'] as const).map((signal): Fault<Scene> => {
    return {
      name: `${name}, which ends by ${signal} and is started anew`,
      begin: ({ server }) => server.kill(signal),
      end: ({ server }) => server.restart(),
      sentence: /ECONNREFUSED/,
      answers: UNAVAILABLE,
      afterwards: afterDeath,
    }
  }),
]

async function withServer({ start, freeze, parameters }: StoreKind, show: (scene: Scene) => Promise<void>) {
  const server = await start()
  try {
    await show({ location: server.url + parameters, server, freeze })
  } finally {
    await server.stop()
  }
}

describe('no visitor notices and no crawler is misled by a store in use:', () => {
  const rows = STORES.flatMap((kind) => faultsOf(kind).map((fault) => ({ ...fault, kind })))
  testTogether(rows, (fault) => withServer(fault.kind, (scene) => showFault(scene, fault)))
})

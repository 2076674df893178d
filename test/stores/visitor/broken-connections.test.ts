// The way to a real store breaks, stalls or is not there: the visitor notices nothing, and the crawler is asked to come
// back instead of being told that there is no such page.
import { describe } from '@jest/globals'
import { startFaultProxy, type FaultProxy, type Interference } from '../support/fault-proxy.js'
import {
  showFault,
  showFirstFault,
  testTogether,
  UNAVAILABLE,
  type Fault,
  type FaultScene,
  type FirstFault,
} from '../support/fault-show.js'
import { openMysqlStore, openRedisStore, type FarmStore } from '../support/farm-store.js'

interface Scene extends FaultScene {
  readonly proxy: FaultProxy
}

interface StoreKind {
  readonly name: string
  readonly openStore: () => Promise<FarmStore>
  readonly isAboutPage: (request: Buffer, location: string) => boolean
}

const STORES: readonly StoreKind[] = [
  {
    name: 'Redis',
    openStore: openRedisStore,
    isAboutPage: (request, location) => request.includes(new URL(location).searchParams.get('prefix') ?? ''),
  },
  {
    name: 'MariaDB',
    openStore: openMysqlStore,
    // The first packet of a command, which prepares (22) or executes (23) a statement.
    isAboutPage: (request) => request[3] === 0 && (request[4] === 22 || request[4] === 23),
  },
]

const LOST = /connection was (cut before an answer came|lost while a statement was under way)/
const NOT_IN_TIME = /no connection was (ready|made or became free) in time/

const interfere = (how: Interference) => ({
  begin: ({ proxy }: Scene) => proxy.interfere(how),
  end: ({ proxy }: Scene) => proxy.interfere({}),
})

const FAULTS: readonly Fault<Scene>[] = [
  {
    name: 'is cut off in the middle of each request',
    ...interfere({ halvesRequests: true }),
    sentence: LOST,
    answers: UNAVAILABLE,
    afterwards: 200, // half a request is none
  },
  {
    name: 'is cut off in the middle of each reply',
    ...interfere({ replyBytes: 1 }), // with its second byte, Redis would have said that there is none
    sentence: LOST,
    answers: UNAVAILABLE,
  },
  {
    name: 'is cut off in the middle of a page',
    ...interfere({ cutsBehind: '<p>Tea' }),
    answers: { waiting: 503, fresh: 503, unknown: 404 },
    afterwards: 404, // taken, and given to nobody: a page is handed out at most once
  },
  {
    name: 'answers each time 5 s late',
    ...interfere({ delayMs: 5_000 }),
    sentence: NOT_IN_TIME,
    answers: UNAVAILABLE,
  },
]

const FIRST_FAULTS: readonly FirstFault<Scene>[] = [
  { name: 'accepts connections and never answers', ...interfere({ isSilent: true }), sentence: NOT_IN_TIME },
  {
    name: 'is not there',
    begin: ({ proxy }) => proxy.vanish(),
    end: ({ proxy }) => proxy.appear(),
    sentence: /ECONNREFUSED/,
  },
]

async function withProxy({ openStore, isAboutPage }: StoreKind, show: (scene: Scene) => Promise<void>): Promise<void> {
  const store = await openStore()
  const url = new URL(store.location)
  const proxy = await startFaultProxy(Number(url.port), (request) => isAboutPage(request, store.location))
  url.port = String(proxy.port)
  try {
    await show({ location: url.href, proxy })
  } finally {
    await proxy.close()
    await store.remove()
  }
}

const rowsFor = <Row extends { readonly name: string }>(rows: readonly Row[]) =>
  STORES.flatMap((kind) => rows.map((row) => ({ ...row, kind, name: `${kind.name}, which ${row.name}` })))

describe('no visitor notices and no crawler is misled by a store in use:', () => {
  testTogether(rowsFor(FAULTS), (fault) => withProxy(fault.kind, (scene) => showFault(scene, fault)))
})

describe('no visitor notices and no crawler is misled by a store that a site finds at its start:', () => {
  testTogether(rowsFor(FIRST_FAULTS), (fault) => withProxy(fault.kind, (scene) => showFirstFault(scene, fault)))
})

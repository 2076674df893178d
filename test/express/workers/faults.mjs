// Sites with every fault that a provider or a logger can have; an unhandled rejection would end the process with an error.
import { createFacsimile } from '@facsimile/express'
import { PAGE, RECORDER, serve, visit } from './visit.mjs'

const faults = {
  throws: () => {
    throw new Error('broken')
  },
  rejects: () => Promise.reject(new Error('down')),
  'rejects with nothing': () => Promise.reject(undefined),
  'rejects late': () => new Promise((_, reject) => setTimeout(reject, 20, new Error('late'))),
  'rejects when it is aborted': (...args) =>
    new Promise((_, reject) => args.at(-1).signal.addEventListener('abort', () => reject(args.at(-1).signal.reason))),
  'never settles': () => new Promise(() => undefined),
  'answers null': () => Promise.resolve(null),
  'answers text': () => 'text',
  'answers an object that is no promise': () => ({ then: 'no' }),
  'answers with what only looks like a promise': () => ({ then: (_, reject) => reject(new Error('thenable')) }),
}

let sites = 0

async function run(settings) {
  const facsimile = createFacsimile({ snippets: [RECORDER], allowedAddresses: ['127.0.0.1'], ...settings })
  const { origin, server } = await serve(facsimile)
  const visits = [await visit(origin), await visit(origin), await visit(origin)]
  for (const { text, token } of visits) {
    if (text !== PAGE || token === undefined) throw new Error(`the page came as ${text}`)
  }
  const { status } = await fetch(`${origin}/facsimile?t=${visits[0].token}`, { headers: { Connection: 'close' } })
  if (![200, 404, 503].includes(status)) throw new Error(`the fetcher answered ${status}`)
  await new Promise((resolve) => server.close(resolve))
  await facsimile.close()
  sites++
}

const providers = Object.values(faults).map((fault) => ({
  name: 'faulty',
  store: fault,
  pull: fault,
  peek: fault,
  remove: fault,
  check: fault,
  close: fault,
}))
const healthyStores = Object.values(faults)
  .slice(0, 5)
  .map((fault) => ({
    ...providers[0],
    store: () => Promise.resolve(),
    pull: fault,
  }))
const loggers = [faults.throws, faults.rejects].map((fault) => ({
  debug: fault,
  info: fault,
  warn: fault,
  error: fault,
}))

process.removeAllListeners('warning') // that a logger failed is warned of; what comes as an error still shows
await Promise.all([
  ...[...providers, ...healthyStores].map((cacheProvider) => run({ cacheProvider })),
  ...loggers.map((logger) => run({ logger })),
])
console.log(`${sites} sites, every page intact`)

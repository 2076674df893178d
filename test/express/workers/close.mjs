// A server that has had a visitor and is told to stop: nothing may keep the process alive.
import { createFacsimile } from '@facsimile/express'
import { PAGE, RECORDER, serve, visit } from './visit.mjs'

const [mode, folder] = process.argv.slice(2)

const never = () => new Promise(() => undefined)
const fail = () => Promise.reject(new Error('down'))
const providerOf = (store) => ({
  name: mode,
  store,
  pull: store,
  peek: store,
  remove: store,
  check: store,
  close: store,
})
const cacheProvider = {
  'memory:': 'memory:',
  'file:': `file:${folder}`,
  hanging: providerOf(never),
  failing: providerOf(fail),
  'not closed': `file:${folder}`,
}[mode]

const facsimile = createFacsimile({ cacheProvider, snippets: [RECORDER], allowedAddresses: ['127.0.0.1'] })
const { origin, server } = await serve(facsimile)
const { text } = await visit(origin)
if (text !== PAGE) throw new Error(`the page came as ${text}`)
await new Promise((resolve) => server.close(resolve))
if (mode !== 'not closed') await facsimile.close(200)
console.log('visited and closed')

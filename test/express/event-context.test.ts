// Events are told in the async context of the request that they are about, so that its trace and its id are at hand.
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, test } from '@jest/globals'
import type { FacsimileEvents } from '@facsimile/core'
import type { FacsimileSettings } from '@facsimile/express'
import { eventually } from '../support/eventually.js'
import { openConnection, requestText } from '../support/raw-http.js'
import { createSpyProvider } from './support/spy-provider.js'
import { afterwards, createTestFacsimile, listen, PAGE, siteAt } from './support/site.js'

const requests = new AsyncLocalStorage<string>()

/** What is published from now on, each with the name of the request in whose context it is. */
function hear(...names: (keyof FacsimileEvents)[]): string[] {
  const heard: string[] = []
  for (const name of names) {
    const note = () => void heard.push(`${name.slice('facsimile:'.length)} ${requests.getStore() ?? 'nowhere'}`)
    subscribe(name, note)
    afterwards(() => unsubscribe(name, note))
  }
  return heard
}

/** A site where each request has a context of its own, named by its header `id`; `answer` says when it is answered. */
async function startNamedSite(settings: FacsimileSettings, answer = (_id: string, send: () => void): void => send()) {
  const facsimile = createTestFacsimile(settings)
  const { port } = await listen((req, res) => {
    const id = String(req.headers['id'])
    const send = () => void res.setHeader('Content-Type', 'text/html').end(PAGE)
    requests.run(id, () => facsimile.middleware(req, res, () => answer(id, () => requests.run(id, send))))
  })
  return siteAt(port, facsimile)
}

test('a page is told of as stored or lost in the context of its own request, though another one has it sent', async () => {
  const heard = hear('facsimile:stored', 'facsimile:lost')
  const settlers: (() => void)[] = []
  const cacheProvider = createSpyProvider({
    store: () =>
      new Promise((resolve, reject) => {
        settlers.push(settlers.length === 1 ? () => reject(new Error('full')) : resolve)
        // The last one settles all of them.
        if (settlers.length === 3) settlers.reverse().forEach((settle) => settle())
      }),
  })
  let sendFirst: (() => void) | undefined
  const site = await startNamedSite({ cacheProvider }, (id, send) => {
    if (id === 'first') return void (sendFirst = send)
    send()
    // What was asked after it is written by now, and waits in the queue of the connection.
    if (id === 'third') sendFirst?.()
  })
  const connection = await openConnection(site.port)
  connection.send(['first', 'second', 'third'].map((id) => requestText({ path: '/', headers: { id } })).join(''))
  await eventually('all three are told of', () => heard.length === 3)
  connection.destroy()
  expect([...heard].sort()).toEqual(['lost second', 'stored first', 'stored third'])
})

test('what the fetcher answers is told in the context of its request', async () => {
  const heard = hear('facsimile:stored', 'facsimile:fetched', 'facsimile:missed', 'facsimile:denied')
  const site = await startNamedSite({})
  const page = await site.visit('/', { headers: { id: 'visit' } })
  await site.crawl(page, { headers: { id: 'first' } })
  await site.crawl(page, { headers: { id: 'again' } })
  await site.crawl(page, { headers: { id: 'stranger' }, from: '127.0.0.2' })
  expect(heard).toEqual(['stored visit', 'fetched first', 'missed again', 'denied stranger'])
})

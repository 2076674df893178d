// One Express 5 application behind one filter, in a process of its own: `server.mjs <variant> [--count-stores]`.
// It tells its port over IPC (or on stdout when started by hand) and answers questions.
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import express from 'express'
import { answerParent } from './answers.mjs'
import {
  PAGE_SIZES_KIB,
  chunksOf,
  createImage,
  createJson,
  createPage,
  hugePageChunks,
  openingAndRest,
} from './pages.mjs'
import { VARIANTS } from './variants.mjs'

/** How long the handler of `/delayed` is busy between the head of its page and the rest. */
const HANDLER_WAIT_MS = 50

const [variantName, flag] = process.argv.slice(2)
const counts = { stores: 0, pages: 0 }
const { mount, keepsUpTo } = VARIANTS[variantName]
// Whoever stores nothing does not load what stores.
const store = keepsUpTo === undefined ? undefined : await import('./full-store.mjs')
const provider = store?.createBoundedProvider()

const app = express()
if (flag === '--count-stores') app.use(countPages)
await mount(app, flag === '--count-stores' ? counting(provider) : provider)
addRoutes(app)

const server = createServer(app)
server.listen(0, '127.0.0.1', () => {
  answerParent(server.address().port, { counts: () => counts, fill: (bytes) => store.fillStore(provider, bytes) })
})

function addRoutes(app) {
  for (const size of PAGE_SIZES_KIB) {
    const text = once(() => createPage(size * 1024))
    const bytes = once(() => Buffer.from(text()))
    app.get(`/send/${size}`, (_req, res) => res.send(text()))
    app.get(`/stream/${size}`, (_req, res) => stream(res, chunksOf(bytes())))
  }
  const json = createJson()
  const image = createImage()
  const [opening, rest] = openingAndRest()
  app.get('/json', (_req, res) => res.type('application/json').send(json))
  app.get('/png', (_req, res) => res.type('image/png').send(image))
  app.get('/huge', (_req, res) => stream(res, hugePageChunks()))
  app.get('/delayed', async (_req, res) => {
    res.type('html').write(opening)
    await delay(HANDLER_WAIT_MS)
    res.end(rest)
  })
}

/** A page is made when it is asked for: a server that never sends the long ones does not hold them. */
function once(make) {
  let made
  return () => (made ??= make())
}

/** Writes each chunk when the one before has found room; a filter that answers nothing to `write` is not waited for. */
async function stream(res, chunks) {
  res.type('html')
  for (const chunk of chunks) {
    if (res.write(chunk) === false) await drained(res)
    if (res.destroyed) return
  }
  res.end()
}

function drained(res) {
  if (res.destroyed) return
  return new Promise((resolve) => {
    const settle = () => {
      res.off('drain', settle).off('close', settle)
      resolve()
    }
    res.on('drain', settle).on('close', settle)
  })
}

/** Counts the HTML pages that left completely. */
function countPages(_req, res, next) {
  res.once('finish', () => {
    if (/^text\/html/.test(res.get('Content-Type') ?? '')) counts.pages += 1
  })
  next()
}

/** The provider, with each finished store counted. */
function counting(provider) {
  return {
    ...provider,
    openSink() {
      const sink = provider.openSink()
      return {
        ...sink,
        async store(...args) {
          await sink.store(...args)
          counts.stores += 1
        },
      }
    },
  }
}

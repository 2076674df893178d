// Prints how many of the requests and responses that applications of one process meet have the hidden class of the one
// before them: `object-layout.mjs <way>`. In a process of its own, since V8's caches remember what others did.
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { createFacsimile } from '@facsimile/express'
import express from 'express'

setFlagsFromString('--allow-natives-syntax')
const haveSameClass = runInThisContext('(a, b) => %HaveSameMap(a, b)')

const VISITS = 24
const MOST_TRIES = 8
const PAGE = '<!doctype html><p>page'

const createFilter = () =>
  createFacsimile({
    disableCache: true,
    snippets: [{ name: 'recorder', placement: 'body-end', html: '<script></script>' }],
  }).middleware

/** Each builds an application that notes its pairs of request and response. */
const WAYS = {
  'without a filter': (note) => express().use(note, (_req, res) => res.send(PAGE)),
  'behind the filter': (note) => express().use(createFilter(), note, (_req, res) => res.send(PAGE)),
  'of the fetch path': (note) => express().use(note, createFacsimile().middleware),
  'before any middleware': (note) => {
    let isFirst = true
    return express().use(
      note,
      (_req, res, next) => {
        // Before the first of them has reached Facsimile, whether it ever does is not known.
        if (isFirst) next()
        else res.end()
        isFirst = false
      },
      createFilter(),
    )
  },
  'in a mounted application': (note) =>
    express().use(express().use(createFilter(), note, (_req, res) => res.send(PAGE))),
}

const way = process.argv[2]
const counts = []
for (let tries = 0; tries < MOST_TRIES; tries++) {
  const pairs = []
  const app = WAYS[way]((req, res, next) => {
    pairs.push({ req, res })
    next()
  })
  await visit(app)
  if (pairs.length !== VISITS) throw new Error(`${pairs.length} of ${VISITS} requests were noted.`)
  counts.push({ req: countAlike(pairs.map(({ req }) => req)), res: countAlike(pairs.map(({ res }) => res)) })
}
console.log(JSON.stringify({ visits: VISITS, counts }))

async function visit(app) {
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  for (let count = 0; count < VISITS; count++) {
    const [answer] = await once(
      get({ port, path: way === 'of the fetch path' ? '/facsimile?t=none' : '/', host: '127.0.0.1', agent: false }),
      'response',
    )
    answer.resume()
    await once(answer, 'end')
  }
  server.close()
}

function countAlike(objects) {
  return objects.filter((object, index) => index > 0 && haveSameClass(objects[index - 1], object)).length
}

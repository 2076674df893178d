// The site of the soak: every way in which a handler may answer.
import { setTimeout as delay } from 'node:timers/promises'
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'
import compression from 'compression'
import express from 'express'
import { imageOf, jsonOf, tagOf } from './assets.mjs'
import { pageOf } from './pages.mjs'

const CHUNK_BYTES = 16 * 1024
/** Longer than a tail is held back for more. */
const PAUSE_MS = 350
const LATE_MS = 20
/** A handler may wait longer than its visitor, and is nothing that the filter has left behind. */
const HANDLER_WAIT = { ref: false }
const ERROR_KIB = 1
const EVENT_MS = 15
const ENCODERS = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
}

/** `onPage(req, res)` is told of each response that is a page, before it is sent. */
export function createApplication(facsimile, onPage) {
  const app = express()
  const only = (prefix, middleware) => (req, res, next) =>
    req.url.startsWith(prefix) ? middleware(req, res, next) : next()
  app.use(only('/outside/', compression()))
  app.use(facsimile.middleware)
  app.use(only('/inside/', compression()))

  const answerWith = (send) => (req, res) => {
    onPage(req, res)
    return send(res.type('html'), pageOf(Number(req.params.kib ?? ERROR_KIB), Number(req.query.visit)), req)
  }
  const routes = {
    '/send/:kib': sendWhole,
    '{/:where}/stream/:kib': stream,
    '/paused/:kib': sendWithPause,
    '/late/:kib': (res, page, req) => delay(LATE_MS, undefined, HANDLER_WAIT).then(() => sendWhole(res, page, req)),
    '/compressed/:encoding/:kib': (res, page, { params: { encoding } }) =>
      res.set('Content-Encoding', encoding).end(ENCODERS[encoding](page)),
  }
  for (const [path, send] of Object.entries(routes)) app.get(path, answerWith(send))
  app.post('/send/:kib', (req, res) => req.on('end', () => answerWith(sendWhole)(req, res)).resume())
  app.get('/breaks/:kib', (req, res) => {
    const page = pageOf(Number(req.params.kib), Number(req.query.visit))
    res.type('html').write(page.subarray(0, page.length / 2))
    throw new Error('The handler failed midway.')
  })
  app.get('/fails', () => {
    throw new Error('The handler failed.')
  })
  app.get('/fragment', (_req, res) => res.send('<p>2 lamps</p>'))
  app.get('/json/:number', (req, res) => res.type('json').send(jsonOf(Number(req.params.number))))
  app.get('/image/:number', sendImage)
  app.get('/events', sendEvents)
  app.use((error, req, res, next) => {
    // As Express does it: what has begun can only be cut.
    if (res.headersSent) next(error)
    else answerWith(sendWhole)(req, res.status(500))
  })
  return app.set('env', 'test')
}

/** The same without Express; `req.url` is `/bare/send/…` or `/bare/stream/…`. */
export function createBareListener(facsimile, onPage) {
  return (req, res) =>
    facsimile.middleware(req, res, () => {
      const [, way, kib, visit] = /^\/bare\/(send|stream)\/(\d+)\?visit=(\d+)$/.exec(req.url)
      onPage(req, res)
      const page = pageOf(Number(kib), Number(visit))
      res.setHeader('Content-Type', 'text/html; charset=utf-8')
      if (way === 'send') res.end(page)
      else void stream(res, page)
    })
}

/** A string or bytes: both are common. */
function sendWhole(res, page, { query: { visit } }) {
  return res.send(Number(visit) % 2 === 0 ? page : page.toString())
}

async function stream(res, page) {
  for (let at = 0; at < page.length; at += CHUNK_BYTES) {
    if (res.destroyed) return
    if (!res.write(page.subarray(at, at + CHUNK_BYTES))) await drained(res)
  }
  res.end()
}

function drained(res) {
  if (res.destroyed) return undefined
  return new Promise((resolve) => {
    const settle = () => {
      res.off('drain', settle).off('close', settle)
      resolve()
    }
    res.on('drain', settle).on('close', settle)
  })
}

async function sendWithPause(res, page) {
  res.write(page)
  await delay(PAUSE_MS, undefined, HANDLER_WAIT)
  res.end()
}

function sendImage(req, res) {
  const number = Number(req.params.number)
  res.type('png').set('ETag', tagOf(number)).send(imageOf(number))
}

/** Goes on until the visitor leaves. */
function sendEvents(_req, res) {
  let number = 0
  res.type('text/event-stream').flushHeaders()
  const timer = setInterval(() => res.write(`data: ${++number}\n\n`), EVENT_MS)
  res.on('close', () => clearInterval(timer))
}

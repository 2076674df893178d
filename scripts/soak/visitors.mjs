// Visitors, some at a time: each asks for one thing after the other, on connections that are kept, and leaves now and then
// before it has been answered.
import { CutAnswerError, openConnection } from './connection.mjs'
import { tokenIn } from './pages.mjs'
import { between, createRandom, pick } from './random.mjs'
import { KINDS } from './traffic.mjs'

const MOST_ON_ONE_CONNECTION = 60
const PIPELINE_SHARE = 0.08
/** What others have to wait for that were asked for behind it. */
const SLOW = KINDS.find(({ name }) => name === 'page that begins late')
const REMEMBERED_TOKENS = 200
const LEAVING = [
  ['never', 81],
  ['before the answer', 7],
  ['midway', 12],
]
/** What a visitor who stays until the end of a server asks for: what ends by itself, and well. */
const ENDLESS = ['events', 'error midway']
const STAYING = [['never', 1]]

/**
 * Sends requests to `port` until `goesOn()` answers false, from as many visitors as `atOnce` says. With `stays` nobody
 * leaves early, and a connection that a server at its end does not take, or closes before it answers, ends its visitor.
 * `session` is what visitors of one soak share: see `createSession`.
 */
export async function visit({ port, atOnce, session, goesOn, stays = false }) {
  const kinds = KINDS.filter(({ name }) => !stays || !ENDLESS.includes(name)).map((kind) => [kind, kind.share])
  const visitors = Array.from({ length: atOnce }, () => {
    const visitor = new Visitor(port, session, stays)
    return visitor.run(goesOn, kinds)
  })
  await Promise.all(visitors)
}

export function createSession(seed, ledger) {
  return { ledger, tokens: [], visits: 0, seeds: createRandom(seed) }
}

class Visitor {
  #port
  #session
  #stays
  #random
  #connection
  #asked = 0
  #isSentAway = false

  constructor(port, session, stays) {
    this.#port = port
    this.#session = session
    this.#stays = stays
    this.#random = createRandom(session.seeds() * 2 ** 32)
  }

  async run(goesOn, kinds) {
    while (goesOn() && !this.#isSentAway) {
      const count = this.#random() < PIPELINE_SHARE ? between(this.#random, 2, 5) : 1
      const requests = Array.from({ length: count }, () => this.#make(pick(this.#random, kinds)))
      const isQueue = count > 1 && this.#random() < 0.5
      if (isQueue) requests[0] = this.#make(SLOW)
      if (count > 1 && requests.every(isPlain)) await this.#askTogether(requests, isQueue)
      else for (const request of requests) await this.#ask(request)
    }
    await this.#drop()
  }

  #make(kind) {
    const { tokens } = this.#session
    return kind.make({ random: this.#random, visit: this.#session.visits++, tokens })
  }

  async #ask(request) {
    const leaving = pick(this.#random, this.#stays ? STAYING : LEAVING)
    if (!(await this.#connect(request))) return
    this.#send([request])
    if (leaving === 'never') await this.#settle(request)
    else await this.#leave(leaving)
  }

  /** `isQueue` says that the first answer is slow: half of the visitors leave while the others wait for it. */
  async #askTogether(requests, isQueue) {
    if (!(await this.#connect(requests[0]))) return
    this.#send(requests)
    const leaves = !this.#stays && this.#random() < (isQueue ? 0.5 : 0.2)
    if (leaves && isQueue) return this.#leave('before the answer', requests.length)
    const leavesAt = leaves ? between(this.#random, 0, requests.length - 1) : Infinity
    for (const [index, request] of requests.entries()) {
      if (index === leavesAt) return this.#leave('midway', requests.length - index)
      await this.#settle(request)
      if (this.#connection === undefined) return
    }
  }

  /** Answers whether there is a connection. */
  async #connect(request) {
    if (this.#connection?.isUsable === true && this.#asked < MOST_ON_ONE_CONNECTION) return true
    await this.#drop()
    try {
      this.#connection = await openConnection(this.#port)
      this.#asked = 0
      return true
    } catch (error) {
      if (this.#stays) this.#isSentAway = true
      else this.#session.ledger.failed(request, `no connection: ${error.message}`)
      return false
    }
  }

  #send(requests) {
    for (const request of requests) this.#session.ledger.asked(request)
    this.#asked += requests.length
    this.#connection.send(requests.map(textOf).join(''))
  }

  async #settle(request) {
    const { ledger } = this.#session
    try {
      await this.#receive(request)
    } catch (error) {
      await this.#drop()
      if (error instanceof CutAnswerError && request.breaks && error.begun) ledger.completed(request)
      else if (error instanceof CutAnswerError && this.#stays && !error.begun) this.#goAway()
      else ledger.failed(request, `${error.message}${error.cause ? ` (${error.cause.message})` : ''}`)
    }
  }

  #goAway() {
    this.#session.ledger.counts.unanswered++
    this.#isSentAway = true
  }

  async #receive(request) {
    const { ledger } = this.#session
    if (request.until !== undefined) {
      await this.#connection.readUntil(request.until)
      ledger.completed(request)
      return this.#hangUp()
    }
    const answer = await this.#connection.read(request.method, request)
    ledger.completed(request, answer.status)
    const problem = request.breaks ? 'it came to its end' : request.problemOf(answer)
    if (problem === undefined) this.#remember(request, answer)
    else ledger.failed(request, problem)
    if (answer.header('connection') === 'close') await this.#drop()
  }

  #remember({ source, decode }, answer) {
    const token = source && tokenIn(decode?.(answer) ?? answer.body)
    if (token === undefined) return
    const { tokens } = this.#session
    tokens.push({ token, ...source })
    if (tokens.length > REMEMBERED_TOKENS) tokens.shift()
  }

  async #leave(when, unanswered = 1) {
    this.#session.ledger.counts.aborted += unanswered
    if (when === 'midway') await this.#connection.someBytes()
    else await new Promise((resolve) => setTimeout(resolve, between(this.#random, 0, 8)))
    await this.#hangUp()
  }

  async #hangUp() {
    const connection = this.#connection
    this.#connection = undefined
    if (this.#random() < 0.5) await connection.reset()
    else await connection.hangUp()
  }

  async #drop() {
    const connection = this.#connection
    this.#connection = undefined
    await connection?.hangUp()
  }
}

function isPlain({ until, breaks, readsSlowly, body }) {
  return until === undefined && body === undefined && breaks !== true && readsSlowly !== true
}

function textOf({ method, path, headers, body = '' }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  if (body !== '') lines.push(`Content-Length: ${body.length}\r\n`)
  return `${method} ${path} HTTP/1.1\r\nHost: site.example\r\n${lines.join('')}\r\n${body}`
}

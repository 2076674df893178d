// Spares Express the entity tag of a page that is to be stored.
//
// `res.send()` hashes the whole body for it, and the filter would take it away again, since no page that carries its own
// token may come back as a 304. For a page of 100 KB the hash is a fifth of all that Express does. So `send` finds a tag
// in its place already; where the response turns out not to be such a page, the tag is computed then, from the same bytes.
import { toBytes, type BodyArguments } from './body-arguments.js'
import type { Response } from './http-types.js'
import { putMethods } from './put-methods.js'

/** What Express adds to a response, as far as it is needed here. */
interface ExpressResponse {
  readonly app?: { get?: (setting: string) => unknown } | undefined
  send?: (...args: unknown[]) => unknown
}

/** Answers whether a tag for the page that `res` is about to be sent with would be taken away again. */
type TagIsUseless = (res: Response, contentType: unknown, chunk: unknown) => boolean

/** No tag that anybody could send: it is gone before the headers leave. */
const PLACE_HOLDER = '""'
/** Express empties the body of these after it has hashed it. */
const WITHOUT_BODY = new Set([204, 205, 304])

const known = new WeakSet<object>()
/** The response that is inside `send`, which is synchronous, with the place holder for its tag. */
let spared: Response | undefined

/** Hooks the `send` that a class of responses has or inherits, unless it is hooked; other frameworks have none. */
export function hookSendOf(prototype: object, isUseless: TagIsUseless): void {
  if (known.has(prototype)) return
  known.add(prototype)
  let owner: object | null = prototype
  while (owner !== null && !Object.hasOwn(owner, 'send')) owner = Object.getPrototypeOf(owner) as object | null
  if (owner === null || (owner !== prototype && known.has(owner))) return
  known.add(owner)
  const property = Object.getOwnPropertyDescriptor(owner, 'send')
  if (typeof property?.value !== 'function' || property.configurable === false) return
  const send = property.value as (...args: unknown[]) => unknown
  putMethods(owner, {
    send(this: Response, ...args: unknown[]) {
      return maySpare(this, args, isUseless) ? sendWithoutTag(this, send, args) : send.apply(this, args)
    },
  })
}

function maySpare(res: Response, args: readonly unknown[], isUseless: TagIsUseless): boolean {
  const chunk = args[0]
  if (args.length !== 1 || (typeof chunk !== 'string' && !Buffer.isBuffer(chunk))) return false
  if (res.headersSent || WITHOUT_BODY.has(res.statusCode)) return false
  return isUseless(res, res.getHeader('content-type'), chunk) && !res.hasHeader('etag') && makesTags(res)
}

/** Whether Express computes tags, by a function of its own: somebody else's may do more than that. */
function makesTags(res: Response): boolean {
  const { app } = res as ExpressResponse
  return typeof app?.get?.('etag fn') === 'function' && typeof app.get('etag') !== 'function'
}

function sendWithoutTag(res: Response, send: (...args: unknown[]) => unknown, args: unknown[]): unknown {
  const outer = spared
  spared = res
  res.setHeader('ETag', PLACE_HOLDER)
  try {
    return send.apply(res, args)
  } finally {
    // When it threw before it came to the body, the next answer starts without a tag.
    if (spared === res && !res.headersSent) res.removeHeader('ETag')
    spared = outer
  }
}

/** Puts the tag in its place that Express was spared; `body` is what it sends. Does nothing for any other response. */
export function giveSparedTag(res: Response, body: BodyArguments | undefined): void {
  if (res !== spared) return
  spared = undefined
  res.removeHeader('ETag')
  const makeTag = (res as ExpressResponse).app?.get?.('etag fn') as ((body: Buffer) => unknown) | undefined
  const tag = body === undefined ? undefined : makeTag?.(toBytes(body))
  if (typeof tag === 'string' && tag !== '') res.setHeader('ETag', tag)
}

// Spares Express the entity tag of a page that is to be stored.
//
// `res.send()` hashes the whole body for it, and the filter would take it away again, since no page that carries its own
// token may come back as a 304. For a page of 100 KB the hash is a fifth of all that Express does. So `send` finds a tag
// in its place already; where the response turns out not to be such a page, the tag is computed then, from the same bytes.
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

/** The classes whose own `send` has been looked at. */
const known = new WeakSet<object>()
/** The response that is inside `send`, which is synchronous, with the place holder for its tag, and what Express would hash. */
let spared: { readonly res: Response; readonly body: Buffer | string } | undefined

/** Hooks the `send` that a class of responses has or inherits, unless it is hooked; other frameworks have none. */
export function hookSendOf(prototype: object, isUseless: TagIsUseless): void {
  let owner: object | null = prototype
  while (owner !== null && !Object.hasOwn(owner, 'send')) owner = Object.getPrototypeOf(owner) as object | null
  if (owner === null || known.has(owner)) return
  known.add(owner)
  const property = Object.getOwnPropertyDescriptor(owner, 'send')
  if (typeof property?.value !== 'function' || property.configurable === false) return
  const send = property.value as (...args: unknown[]) => unknown
  putMethods(owner, {
    send(this: Response, ...args: unknown[]) {
      const [body] = args
      // Express 4 takes a status before the body as well.
      const isBody = args.length === 1 && (typeof body === 'string' || Buffer.isBuffer(body))
      if (!isBody || !maySpare(this, body, isUseless)) return send.apply(this, args)
      return sendWithoutTag(this, body, () => send.apply(this, args))
    },
  })
}

function maySpare(res: Response, body: Buffer | string, isUseless: TagIsUseless): boolean {
  if (res.headersSent || !isUseless(res, res.getHeader('content-type'), body)) return false
  return !res.hasHeader('etag') && makesTags(res)
}

/** Whether Express computes tags, by a function of its own: somebody else's may do more than that. */
function makesTags(res: Response): boolean {
  const { app } = res as ExpressResponse
  return typeof app?.get?.('etag fn') === 'function' && typeof app.get('etag') !== 'function'
}

function sendWithoutTag(res: Response, body: Buffer | string, send: () => unknown): unknown {
  const outer = spared
  const mine = { res, body }
  spared = mine
  res.setHeader('ETag', PLACE_HOLDER)
  try {
    return send()
  } finally {
    // When it threw before it came to the body, the next answer starts without a tag.
    if (spared === mine && !res.headersSent) res.removeHeader('ETag')
    spared = outer
  }
}

/** Puts the tag in its place that Express was spared; does nothing for any other response. */
export function giveSparedTag(res: Response): void {
  if (spared?.res !== res) return
  const { body } = spared
  spared = undefined
  res.removeHeader('ETag')
  const makeTag = (res as ExpressResponse).app?.get?.('etag fn') as ((body: Buffer) => unknown) | undefined
  const tag = makeTag?.(typeof body === 'string' ? Buffer.from(body) : body)
  if (typeof tag === 'string' && tag !== '') res.setHeader('ETag', tag)
}

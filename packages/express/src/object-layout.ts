// Makes Express's requests and responses objects that V8 reads quickly.
//
// Express gives each of them another prototype and then adds properties. Up to V8 12 (Node 22) a class of objects whose
// prototype was exchanged is the parent of no other, so every request and every response gets hidden classes of its own:
// nothing that is known of the last one helps with the next, and all code that touches them, Node's and Express's own
// included, looks every property up the long way. An object that loses a property becomes a dictionary, and dictionaries
// of one shape share their class, as long as it keeps its place among V8's 64 for such classes. Measured with
// `npm run bench`, this alone lets an Express application answer half as many requests again. V8 13 (Node 24) has mended
// it; there a dictionary would cost a tenth.
import type { Request, Response } from './http-types.js'

const IS_NEEDED = Number.parseInt(process.versions.v8, 10) < 13

/** What Express adds to every response right after it has exchanged the prototypes, before any middleware. */
const FIRST_ADDED = 'locals'

/** The classes of responses that see to it by themselves; of these the one that was asked for last. */
const sharing = new WeakSet<object>()
let latest: object | undefined

/**
 * Takes a property away from both and puts it back as it was. Does nothing to objects of others than Express. From the
 * second one of a class on, a response sees to both by itself, before Express has added anything.
 */
export function shareHiddenClasses(req: Request, res: Response): void {
  if (!IS_NEEDED) return
  const prototype = Object.getPrototypeOf(res) as object
  if (prototype === latest || !isOfExpress(res, prototype)) return
  if (sharing.has(prototype)) {
    latest = prototype
    return
  }
  readd(res, 'req')
  readd(req, 'originalUrl')
  if (shareEarlier(prototype)) sharing.add(prototype)
}

function isOfExpress(res: Response, prototype: object): boolean {
  return Object.hasOwn(res, FIRST_ADDED) && !Object.hasOwn(prototype, 'writeHead')
}

/**
 * Arranges it for the responses to come, at the moment when their `locals` are set, which end up as the property that they
 * were. Answers whether it could. It would be too early for an application that is mounted in another one: that gives them
 * its own prototype later.
 */
function shareEarlier(responses: object): boolean {
  if (FIRST_ADDED in responses || !Object.isExtensible(responses) || isMounted(responses)) return false
  Object.defineProperty(responses, FIRST_ADDED, {
    configurable: true,
    get: () => undefined,
    set(this: object & { readonly req?: object & { readonly res?: object } }, value: unknown) {
      const { req } = this
      if (req?.res === this) {
        readd(this, 'req')
        readd(req, 'res')
      }
      Object.defineProperty(this, FIRST_ADDED, { value, writable: true, enumerable: true, configurable: true })
    },
  })
  return true
}

/** Its responses then inherit from another application's, and only those from what Express adds to Node's. */
function isMounted(responses: object): boolean {
  const ofExpress = Object.getPrototypeOf(responses) as object
  return Object.hasOwn(ofExpress, 'app') || Object.hasOwn(ofExpress, 'writeHead')
}

function readd(object: object, key: string): void {
  const property = Object.getOwnPropertyDescriptor(object, key)
  const isPlain = property?.writable === true && property.enumerable && property.configurable
  if (!isPlain || !Object.isExtensible(object)) return
  Reflect.deleteProperty(object, key)
  Object.defineProperty(object, key, property)
}

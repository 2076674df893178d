// Leads writeHead(), write() and end() of every response of a class to whoever stands in for that response.
//
// The usual way, three functions assigned to each response, costs some 15 microseconds under Express, where each
// assignment gives the response a hidden class of its own. So the class is hooked instead, once, when its first response
// is filtered; a response that nobody stands in for goes on to the method that was there, after one look at itself.
import type { Response } from './http-types.js'

/** Whoever is asked in the response's place. */
export interface StandIn {
  /** The one that stands in further out, if any. */
  outer: StandIn | undefined
  /** Whether it is reached through the class; otherwise it has put functions of its own on the response. */
  isHooked: boolean
  /** Whether it has put snippets into the response. */
  readonly hasInjected: boolean
  onWriteHead(args: unknown[]): Response
  onWrite(args: unknown[]): boolean
  onEnd(args: unknown[]): Response
  /** All of the response has been handed to the system. May be told twice. */
  onFinish(): void
  /** Nothing more will come of the response, finished or not. May be told twice. */
  onClose(): void
}

export interface Methods {
  writeHead: (...args: unknown[]) => Response
  write: (...args: unknown[]) => boolean
  end: (...args: unknown[]) => Response
}

/** The methods that a class has now, and those that it had before. */
export interface ClassHooks {
  readonly hooked: Methods
  readonly original: Methods
}

const INNERMOST = Symbol('facsimile.response')
type FilteredResponse = Response & { [INNERMOST]?: StandIn | undefined }

/** The stand-in that was set last, which is the one that the application meets first. */
export function innermostOf(res: FilteredResponse): StandIn | undefined {
  return res[INNERMOST]
}

export function setInnermost(res: FilteredResponse, standIn: StandIn | undefined): void {
  res[INNERMOST] = standIn
}

/** Whether some Facsimile of this process has put its snippets into the response. */
export function isInjected(res: Response): boolean {
  for (let standIn = innermostOf(res); standIn !== undefined; standIn = standIn.outer) {
    if (standIn.hasInjected) return true
  }
  return false
}

/** By prototype: those that own the methods, and those that inherit them, such as Express's `app.response`. */
const known = new WeakMap<object, ClassHooks>()

/** Hooks the class of `res` unless it is; `undefined` for a class that cannot be changed. */
export function hookClassOf(res: Response): ClassHooks | undefined {
  const prototype = Object.getPrototypeOf(res) as object
  const hooks = known.get(prototype)
  if (hooks !== undefined) return hooks
  const owner = ownerOfMethods(prototype)
  if (!Object.isExtensible(owner)) return undefined
  const made = known.get(owner) ?? hook(owner)
  known.set(owner, made).set(prototype, made)
  return made
}

/** The methods of the response's class, past all that stands before them. */
export function classMethodsOf(res: Response): Methods {
  const prototype = Object.getPrototypeOf(res) as Methods
  return known.get(prototype)?.original ?? known.get(ownerOfMethods(prototype))?.original ?? prototype
}

function ownerOfMethods(prototype: object): Methods {
  let owner: object | null = prototype
  while (owner !== null && !Object.hasOwn(owner, 'writeHead')) owner = Object.getPrototypeOf(owner) as object | null
  return (owner ?? prototype) as Methods
}

function hook(owner: Methods): ClassHooks {
  const original = { writeHead: owner.writeHead, write: owner.write, end: owner.end }
  const hooked: Methods = {
    writeHead(this: Response, ...args) {
      const standIn = hookedStandInOf(this)
      return standIn === undefined ? original.writeHead.apply(this, args) : standIn.onWriteHead(args)
    },
    write(this: Response, ...args) {
      const standIn = hookedStandInOf(this)
      return standIn === undefined ? original.write.apply(this, args) : standIn.onWrite(args)
    },
    end(this: Response, ...args) {
      const standIn = hookedStandInOf(this)
      return standIn === undefined ? original.end.apply(this, args) : standIn.onEnd(args)
    },
  }
  Object.assign(owner, hooked)
  return { original, hooked }
}

function hookedStandInOf(res: FilteredResponse): StandIn | undefined {
  let standIn = res[INNERMOST]
  while (standIn !== undefined && !standIn.isHooked) standIn = standIn.outer
  return standIn
}

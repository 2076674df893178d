// Leads writeHead(), write() and end() of every response of a class to whoever stands in for that response, and tells
// the stand-in how the response ended.
//
// The usual way, functions and listeners put on each response, costs some 15 microseconds under Express, where each of
// them gives the response a hidden class of its own. So the class is hooked instead, once, when its first response is
// filtered; a response that nobody stands in for goes on to the method that was there.
import { hookSendOf } from './express-entity-tag.js'
import type { Response } from './http-types.js'
import { putMethods } from './put-methods.js'

/** Whoever is asked in the response's place. */
export interface StandIn {
  /** The one that stands in further out, if any. */
  outer: StandIn | undefined
  /** Through which class it is reached; `undefined` where it has put functions of its own on the response. */
  hooks: ClassHooks | undefined
  /** Whether it has put snippets into the response. */
  readonly hasInjected: boolean
  /** Whether an entity tag of `chunk`, which is to be the whole body, would not leave with it. */
  dropsEntityTag(contentType: unknown, chunk: unknown): boolean
  onWriteHead(args: unknown[]): Response
  onWrite(args: unknown[]): boolean
  onEnd(args: unknown[]): Response
  /** All of the response has been handed to the system; no listener for `finish` has heard of it yet. */
  onFinish(): void
  /** Nothing more will come of the response, finished or not; no listener for `close` has heard of it yet. */
  onClose(): void
}

export interface Methods {
  writeHead: (...args: unknown[]) => Response
  write: (...args: unknown[]) => boolean
  end: (...args: unknown[]) => Response
}

type Emit = (...args: unknown[]) => boolean

/** The methods that a class has now, and those that it had before. */
export interface ClassHooks {
  readonly hooked: Methods
  readonly original: Methods
}

/**
 * The response that a stand-in was set for last, which most often is the one that is asked for next: then nothing has to
 * be looked up, nor noted for a response that its handler answers at once without a page.
 */
let latest: Response | undefined
let latestStandIn: StandIn | undefined
const others = new WeakMap<Response, StandIn>()

/** The stand-in that was set last, which is the one that the application meets first. */
export function innermostOf(res: Response): StandIn | undefined {
  return res === latest ? latestStandIn : others.get(res)
}

export function setInnermost(res: Response, standIn: StandIn | undefined): void {
  if (res !== latest) {
    others.delete(res)
    if (standIn === undefined) return
    if (latest !== undefined && latestStandIn !== undefined) others.set(latest, latestStandIn)
    latest = res
  }
  latestStandIn = standIn
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
  if (!isOpen(owner)) return undefined
  const made = known.get(owner) ?? hook(owner)
  known.set(owner, made).set(prototype, made)
  hookSendOf(prototype, dropsEntityTag)
  return made
}

/** Whether a call of the response's methods comes to the hooks first: nobody has wrapped them since, or on this response. */
export function leadsToHooks(res: Response, { hooked }: ClassHooks): boolean {
  const { writeHead, write, end } = Object.getPrototypeOf(res) as Methods
  // Asking for own properties costs a third of comparing what the response inherits.
  return (
    writeHead === hooked.writeHead &&
    write === hooked.write &&
    end === hooked.end &&
    !Object.hasOwn(res, 'writeHead') &&
    !Object.hasOwn(res, 'write') &&
    !Object.hasOwn(res, 'end')
  )
}

/** The methods of the response's class, past all that stands before them. */
export function classMethodsOf(res: Response): Methods {
  const prototype = Object.getPrototypeOf(res) as Methods
  return known.get(prototype)?.original ?? known.get(ownerOfMethods(prototype))?.original ?? prototype
}

function dropsEntityTag(res: Response, contentType: unknown, chunk: unknown): boolean {
  return innermostOf(res)?.dropsEntityTag(contentType, chunk) ?? false
}

function ownerOfMethods(prototype: object): Methods & { emit: Emit } {
  let owner: object | null = prototype
  while (owner !== null && !Object.hasOwn(owner, 'writeHead')) owner = Object.getPrototypeOf(owner) as object | null
  return (owner ?? prototype) as Methods & { emit: Emit }
}

function hook(owner: Methods & { emit: Emit }): ClassHooks {
  const { writeHead, write, end, emit } = owner
  const hooked: Methods = {
    writeHead(this: Response, ...args) {
      const standIn = standInBehind(hooks, this)
      return standIn === undefined ? writeHead.apply(this, args) : standIn.onWriteHead(args)
    },
    write(this: Response, ...args) {
      const standIn = standInBehind(hooks, this)
      return standIn === undefined ? write.apply(this, args) : standIn.onWrite(args)
    },
    end(this: Response, ...args) {
      const standIn = standInBehind(hooks, this)
      return standIn === undefined ? end.apply(this, args) : standIn.onEnd(args)
    },
  }
  const hooks: ClassHooks = { original: { writeHead, write, end }, hooked }
  putMethods(owner, {
    ...hooked,
    emit(this: Response, ...args: unknown[]) {
      if (args[0] === 'finish') tellFinish(this)
      else if (args[0] === 'close') tellClose(this)
      return emit.apply(this, args)
    },
  })
  return hooks
}

/** Whether all of the methods can be put on it: none or some would leave responses half hooked. */
function isOpen(owner: object): boolean {
  const isFixed = (name: string) => Object.getOwnPropertyDescriptor(owner, name)?.configurable === false
  return Object.isExtensible(owner) && !['writeHead', 'write', 'end', 'emit'].some(isFixed)
}

/** A class and its parent may both be hooked: whoever was asked by the one has gone on to the other. */
function standInBehind(hooks: ClassHooks, res: Response): StandIn | undefined {
  let standIn = innermostOf(res)
  while (standIn !== undefined && standIn.hooks !== hooks) standIn = standIn.outer
  return standIn
}

/** Listens where the class could not be hooked. */
export function listenTo(res: Response): void {
  res.prependListener('finish', () => tellFinish(res))
  res.prependListener('close', () => tellClose(res))
}

function tellFinish(res: Response): void {
  for (let standIn = innermostOf(res); standIn !== undefined; standIn = standIn.outer) standIn.onFinish()
}

/** Tells those who stand in for the response; a second time nobody. */
export function tellClose(res: Response): void {
  for (let standIn = innermostOf(res); standIn !== undefined; standIn = standIn.outer) standIn.onClose()
  setInnermost(res, undefined)
  // Between two requests nothing of the last one is kept.
  if (res === latest) latest = undefined
}

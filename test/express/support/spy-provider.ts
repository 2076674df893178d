// A memory provider that notes its calls, and misbehaves where a test tells it to.
import type { CacheProvider } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'

export interface SpyProvider extends CacheProvider {
  /** The names of the methods that were called, in order. */
  readonly calls: string[]
}

/** `overrides` take the place of methods; each call is noted all the same. */
export function createSpyProvider(overrides: Partial<CacheProvider> = {}): SpyProvider {
  const real = { ...createMemoryProvider(), ...overrides }
  const calls: string[] = []
  const note = <Method extends 'store' | 'pull' | 'peek' | 'remove' | 'check' | 'close'>(name: Method) =>
    ((...args: unknown[]) => {
      calls.push(name)
      return (real[name] as (...args: unknown[]) => unknown)(...args)
    }) as CacheProvider[Method]
  return {
    name: 'spy',
    calls,
    store: note('store'),
    pull: note('pull'),
    peek: note('peek'),
    remove: note('remove'),
    check: note('check'),
    close: note('close'),
    ...(overrides.usage && { usage: overrides.usage }),
  }
}

/** A memory provider that begins to store when `open` is called. */
export function createSlowProvider() {
  const memory = createMemoryProvider()
  const { promise, open } = createGate()
  const store: CacheProvider['store'] = (...args) => promise.then(() => memory.store(...args))
  return { open, cacheProvider: createSpyProvider({ ...memory, store }) }
}

/** A promise together with the functions that settle it. */
export function createGate<T = void>() {
  let open!: (value: T) => void
  let fail!: (error: unknown) => void
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  return { promise, open, fail }
}

export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}

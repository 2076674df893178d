// What one process knows of the pages in the folder, oldest first, so that bounds need no look at the disk.
import type { CacheBounds, UnixMs } from '../../cache-provider.js'

/** A page file as far as the bounds and the sweep need it. */
export interface KnownPage {
  readonly bytes: number
  /** When it was stored, in Unix milliseconds; only the order matters. */
  readonly storedAt: number
  readonly expiresAt: UnixMs
  /** On `performance.now()`, for pages that this process stored; for others the system clock decides. */
  readonly deadline?: number
}

/** Whether a page must not be served any more. */
export function hasExpired({ deadline, expiresAt }: Pick<KnownPage, 'deadline' | 'expiresAt'>): boolean {
  return deadline === undefined ? Date.now() >= expiresAt : performance.now() >= deadline
}

export interface PageIndex {
  /** Adds a page as the youngest. */
  add(name: string, page: KnownPage): void
  get(name: string): KnownPage | undefined
  remove(name: string): KnownPage | undefined
  /** All that is known now, in a map of the caller's own. */
  snapshot(): Map<string, KnownPage>
  /** Adds pages of other processes at the places where their age puts them. What is known already stays as it is. */
  merge(found: ReadonlyMap<string, KnownPage>): void
  /** Forgets the oldest pages that are over the bounds and names them; the caller removes their files. */
  takeOverflow(): string[]
}

export function createPageIndex({ maxCachedPages, maxCachedBytes }: Required<CacheBounds>): PageIndex {
  let pages = new Map<string, KnownPage>()
  let bytes = 0

  function remove(name: string): KnownPage | undefined {
    const page = pages.get(name)
    if (page) bytes -= page.bytes
    pages.delete(name)
    return page
  }

  function add(name: string, page: KnownPage): void {
    remove(name)
    pages.set(name, page)
    bytes += page.bytes
  }

  return {
    add,
    remove,
    get: (name) => pages.get(name),
    snapshot: () => new Map(pages),

    merge(found) {
      const unknown = [...found].filter(([name]) => !pages.has(name))
      if (unknown.length === 0) return
      for (const [name, page] of unknown) add(name, page)
      pages = new Map([...pages].sort(([, a], [, b]) => a.storedAt - b.storedAt))
    },

    takeOverflow() {
      const names: string[] = []
      for (const name of pages.keys()) {
        if (pages.size <= maxCachedPages && bytes <= maxCachedBytes) break
        remove(name)
        names.push(name)
      }
      return names
    },
  }
}

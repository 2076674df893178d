// The sweep: every few seconds it brings what this process knows in line with what lies in the folder.
import type { Dirent } from 'node:fs'
import { kindOfFile } from './file-names.js'
import type { PageFolder } from './page-folder.js'
import { hasExpired, type KnownPage, type PageIndex } from './page-index.js'

/** Work files older than this belong to a process that died half-way. */
const LEFTOVER_AGE_MS = 60_000

interface FolderSweep {
  /** Begins with a first sweep now; a second call does nothing. */
  start(): void
  stop(): void
}

interface FolderSweepSettings {
  readonly folder: PageFolder
  readonly index: PageIndex
  /** Pause between two sweeps. */
  readonly intervalMs: number
  /** Runs one sweep and waits for it when the provider closes. */
  readonly run: (sweep: () => Promise<void>) => Promise<void>
}

/** Removes expired pages, leftovers and what is over the bounds, one file at a time; touches no name but our own. */
export function createFolderSweep({ folder, index, intervalMs, run }: FolderSweepSettings): FolderSweep {
  let timer: NodeJS.Timeout | undefined
  let started = false
  let stopped = false

  async function sweep(): Promise<void> {
    const unseen = index.snapshot()
    const found = new Map<string, KnownPage>()
    for await (const entry of (await folder.list()) ?? ([] as Dirent[])) {
      if (stopped) return
      const kind = kindOfFile(entry.name)
      if (kind === 'work') await removeLeftover(entry.name)
      if (kind !== 'page') continue
      const page = await inspectPage(entry.name)
      if (page) found.set(entry.name, page)
      unseen.delete(entry.name)
    }
    forgetVanished(unseen)
    index.merge(found)
    for (const name of index.takeOverflow()) await folder.discard(name)
  }

  /** Removes an expired page; answers with a page that this process did not know. */
  async function inspectPage(name: string): Promise<KnownPage | undefined> {
    const known = index.get(name)
    if (known && !hasExpired(known)) return undefined
    const facts = await folder.facts(name)
    if (!facts || index.get(name) !== known) return undefined // taken, or stored anew by ourselves
    // Another process may have put a younger page under the name since we looked at it last.
    const { bytes, changedAt: storedAt, expiresAt } = facts
    const page = known?.expiresAt === expiresAt ? known : { bytes, storedAt, expiresAt }
    index.remove(name)
    if (!hasExpired(page)) return page
    await folder.discard(name)
    return undefined
  }

  async function removeLeftover(name: string): Promise<void> {
    const facts = await folder.facts(name)
    if (facts && Date.now() - facts.changedAt > LEFTOVER_AGE_MS) await folder.discard(name)
  }

  /** Forgets what other processes took, but nothing that was stored since the sweep began. */
  function forgetVanished(unseen: ReadonlyMap<string, KnownPage>): void {
    for (const [name, page] of unseen) {
      if (index.get(name) === page) index.remove(name)
    }
  }

  async function sweepAgainAndAgain(): Promise<void> {
    // A sweep that fails is tried again; what ails the folder, the next call and check() will say.
    await Promise.allSettled([run(sweep)])
    if (!stopped) timer = setTimeout(() => void sweepAgainAndAgain(), intervalMs).unref()
  }

  return {
    start() {
      if (started) return
      started = true
      void sweepAgainAndAgain()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

// The `file` cache provider: pages in a folder, shared by the processes of one host (PM2, node:cluster).
import { resolve } from 'node:path'
import { pageTooLarge, resolveCacheBounds } from '../cache-bounds.js'
import type { CacheBounds, CacheProvider, CapturedPage } from '../cache-provider.js'
import { FacsimileError } from '../errors.js'
import { startLife } from '../lifetime.js'
import { encodePageRecordHead } from '../page-record.js'
import type { PageToken } from '../page-token.js'
import { checkFolder } from './file/check-folder.js'
import { pageFileName } from './file/file-names.js'
import { folderFailure } from './file/folder-failure.js'
import { createFolderSweep } from './file/folder-sweep.js'
import { usageOfFolder } from './file/folder-usage.js'
import { createPageFolder, MOST_FILE_BYTES } from './file/page-folder.js'
import { createPageIndex, hasExpired, type KnownPage } from './file/page-index.js'
import { createOperationGate } from './operation-gate.js'

const SWEEP_INTERVAL_MS = 5_000

export interface FileProviderSettings extends CacheBounds {
  /**
   * The folder of the pages, relative to the working directory or absolute. It holds private pages: keep it outside of
   * everything a web server serves, and on a disk of this machine. Made on first use, for its owner alone (mode 0700).
   */
  readonly directory: string
}

/**
 * Keeps each page in a file of its own (mode 0600) whose name does not show the token. A pull renames the file, so the
 * file system decides the one winner, among all processes of the host. The bounds hold exactly within one process;
 * what other processes stored is counted by a sweep every 5 seconds, which also removes expired pages. A lifetime is
 * counted on a monotonic clock in the process that stored the page, and on the system clock in the others.
 *
 * A failing disk rejects with `PROVIDER_FAILED`, and works again as soon as the cause is gone. A `pull` that is
 * cancelled or fails half-way may have taken its page: a page is handed out at most once.
 * Throws `SETTINGS_INVALID` for an empty directory or bounds out of range. `sweepIntervalMs` is for tests.
 */
export function createFileProvider(
  settings: FileProviderSettings,
  { sweepIntervalMs = SWEEP_INTERVAL_MS }: { sweepIntervalMs?: number } = {},
): CacheProvider {
  const bounds = resolveCacheBounds(settings)
  const most = Math.min(bounds.maxCachedBytes, MOST_FILE_BYTES)
  const gate = createOperationGate('file')
  const folder = createPageFolder(resolveDirectory(settings.directory))
  const index = createPageIndex(bounds)
  const sweep = createFolderSweep({ folder, index, intervalMs: sweepIntervalMs, run: (once) => gate.pass(once) })

  /** Passes the gate, makes sure of the folder and gives failures their name. */
  function use<T>(attempt: string, operation: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return gate.pass(async () => {
      try {
        await folder.prepare()
        sweep.start()
        signal?.throwIfAborted()
        return await operation()
      } catch (error) {
        throw folderFailure(attempt, folder.directory, error)
      }
    }, signal)
  }

  async function keep(token: PageToken, page: CapturedPage, signal?: AbortSignal): Promise<void> {
    const { startedAt, lifetimeMs } = startLife(page.expiresAt, performance)
    if (!(lifetimeMs > 0)) {
      await take(token)
      return
    }
    const head = encodePageRecordHead(page)
    const bytes = head.length + page.body.length
    if (bytes > most) throw pageTooLarge(bytes, most)
    const name = pageFileName(token)
    await folder.write(name, [head, page.body], page.expiresAt, signal)
    const storedAt = performance.timeOrigin + performance.now()
    index.add(name, { bytes, storedAt, expiresAt: page.expiresAt, deadline: startedAt + lifetimeMs })
    await Promise.all(index.takeOverflow().map((oldest) => folder.discard(oldest)))
  }

  async function take(token: PageToken): Promise<CapturedPage | undefined> {
    const name = pageFileName(token)
    const taken = await folder.take(name)
    if (taken === undefined) return undefined
    const known = index.remove(name)
    try {
      const page = await folder.read(taken)
      return page === 'foreign' ? undefined : unlessExpired(page, known)
    } finally {
      await folder.discard(taken)
    }
  }

  async function look(token: PageToken): Promise<CapturedPage | undefined> {
    const name = pageFileName(token)
    const page = await folder.read(name)
    if (page !== 'foreign') return unlessExpired(page, index.get(name))
    await take(token) // out of the way
    return undefined
  }

  return {
    name: 'file',
    store: (token, page, { signal } = {}) => use('store a page', () => keep(token, page, signal), signal),
    pull: (token, { signal } = {}) => use('take a page', () => take(token), signal),
    peek: (token, { signal } = {}) => use('read a page', () => look(token), signal),
    remove: (token) => use('remove a page', async () => (await take(token)) !== undefined),
    async check() {
      return gate.isClosed() ? ['The file cache provider is closed; open a new one.'] : await checkFolder(folder)
    },
    usage: () =>
      gate.pass(async () => {
        try {
          const { maxCachedPages: maxPages, maxCachedBytes: maxBytes } = bounds
          return { ...(await usageOfFolder(folder, index)), maxPages, maxBytes }
        } catch (error) {
          throw folderFailure('count its pages', folder.directory, error)
        }
      }),
    close() {
      sweep.stop()
      return gate.close()
    },
  }
}

/** The clock of the process that stored the page, if that is this one and the page is still that one. */
function unlessExpired(page: CapturedPage | undefined, known: KnownPage | undefined) {
  if (!page) return undefined
  return hasExpired(known?.expiresAt === page.expiresAt ? known : page) ? undefined : page
}

function resolveDirectory(directory: unknown): string {
  if (typeof directory === 'string' && directory !== '' && !directory.includes('\0')) return resolve(directory)
  throw new FacsimileError(
    'SETTINGS_INVALID',
    `directory is ${JSON.stringify(directory)}; name the folder where pages shall wait`,
  )
}

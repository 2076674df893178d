// How much waits in the folder, counted without touching it.
import type { CacheUsage } from '../../cache-provider.js'
import { kindOfFile } from './file-names.js'
import type { PageFolder } from './page-folder.js'
import { hasExpired, type PageIndex } from './page-index.js'

/** All page files that have not expired, whichever process stored them. Rejects when the folder cannot be read. */
export async function usageOfFolder(
  folder: PageFolder,
  index: PageIndex,
): Promise<Required<Pick<CacheUsage, 'pages' | 'bytes'>>> {
  let pages = 0
  let bytes = 0
  for await (const { name } of (await folder.list()) ?? []) {
    if (kindOfFile(name) !== 'page') continue
    const page = index.get(name) ?? (await folder.facts(name))
    if (page === undefined || hasExpired(page)) continue
    pages += 1
    bytes += page.bytes
  }
  return { pages, bytes }
}

// A file provider in a folder of its own, and the names of its files.
import type { CacheProvider, PageToken } from '@facsimile/core'
import { createFileProvider } from '@facsimile/core/file'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { withFolder } from './sample-page.js'

/** So that a test need not wait for the usual five seconds. */
export const SWEEP_OFTEN = { sweepIntervalMs: 20 }

/** Runs `use` with a provider whose folder does not exist yet; closes the one and removes the other afterwards. */
export async function withProvider(
  bounds: { maxCachedPages?: number; maxCachedBytes?: number },
  use: (provider: CacheProvider, directory: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const directory = join(folder, 'some', 'pages')
    const provider = createFileProvider({ directory, ...bounds }, SWEEP_OFTEN)
    try {
      await use(provider, directory)
    } finally {
      await provider.close()
    }
  })
}

/** The file of the page under `token`, reckoned independently. */
export function fileOf(token: PageToken): string {
  return `${createHash('sha256').update(token).digest('hex')}.page`
}

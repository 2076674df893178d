// The site's settings, as far as a command needs them: all of them, or where its fetcher answers.
import type { Settings } from '@facsimile/core'
import { sentencesOf } from './crawl/word.js'
import type { Io } from './io.js'
import { gatherSettings, useSettings } from './settings/site-settings.js'
import { findOpenSecret } from './settings/written-settings.js'
import { printable } from './terminal.js'

export interface FetchSettings {
  /** The path at which the fetcher answers, as the settings have it. */
  readonly fetchPath: string
  /** An absolute pattern with `%CacheToken%`, where each server of a farm has a host of its own. */
  readonly fetchUrl?: string | undefined
}

export const DEFAULT_FETCH_PATH = '/facsimile'

/** Where the fetcher answers, by the settings that `readSiteSettings` finds. */
export async function readFetchSettings(io: Io, name: string | undefined): Promise<FetchSettings> {
  const { fetchPath, fetchUrl } = await readSiteSettings(io, name)
  return fetchUrl === undefined ? { fetchPath } : { fetchPath, fetchUrl }
}

/**
 * All the settings of the file `name`, of the one that FACSIMILE_CONFIG names, or of the first default file in the
 * working folder, with those of FACSIMILE_ variables over them; checked and completed. Warns of secrets that everybody
 * may read. Throws a usage failure for what cannot be read or used.
 */
export async function readSiteSettings(io: Io, name?: string): Promise<Settings> {
  return (await findSiteSettings(io, name)).settings
}

/** The same, and whether a file had them: without one they say nothing of a running server. */
export async function findSiteSettings(
  io: Io,
  name: string | undefined,
): Promise<{ readonly settings: Settings; readonly isFromFile: boolean }> {
  const site = await gatherSettings(io, name)
  const settings = useSettings(site)
  const warning = site.file === undefined ? undefined : await findOpenSecret(io, site.file, site.written)
  if (warning !== undefined) {
    const [meaning, remedy] = sentencesOf(warning.word)
    io.stderr.write(`warning: ${printable(warning.said ?? '')}. ${meaning} ${remedy}\n`)
  }
  return { settings, isFromFile: site.file !== undefined }
}

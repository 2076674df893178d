// Protected providers keep the contract of every provider: the conformance suite, unchanged.
import { afterAll, describe, test } from '@jest/globals'
import { createFileProvider } from '@facsimile/core/file'
import { createMemoryProvider } from '@facsimile/core/memory'
import { protectAtRest, type AtRestSettings } from '@facsimile/core/at-rest'
import { describeCacheProvider } from '@facsimile/core/testing'
import { mkdtempSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newKey } from './open-store.js'

const WAYS: Readonly<Record<string, AtRestSettings>> = {
  sealed: { encryptionKeys: [newKey()] },
  compressed: { compression: 'gzip' },
  'sealed and compressed': { encryptionKeys: [newKey(), newKey()], compression: 'brotli' },
}

/** The winner is the store's, which has its 200 rounds without protection. */
const RACE_ROUNDS = 20

const suiteFolder = mkdtempSync(join(tmpdir(), 'facsimile-'))
afterAll(() => rm(suiteFolder, { recursive: true, force: true }))

for (const [way, settings] of Object.entries(WAYS)) {
  describeCacheProvider(`memory, ${way}`, {
    open: () => protectAtRest(createMemoryProvider(), settings),
    test,
    describe,
    shared: false,
    raceRounds: RACE_ROUNDS,
  })
}

const directory = join(suiteFolder, 'pages')
describeCacheProvider('file, sealed and compressed', {
  open: () => protectAtRest(createFileProvider({ directory }), WAYS['sealed and compressed']),
  test,
  describe,
  raceRounds: RACE_ROUNDS,
  async breakStore() {
    await rename(directory, `${directory}.away`)
    await writeFile(directory, '')
    return async () => {
      await rm(directory)
      await rename(`${directory}.away`, directory)
    }
  },
})

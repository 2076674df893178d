// One racer of the race between processes, with the pages of its own kind of store.
import { createFileProvider } from '@facsimile/core/file'
import { race } from '../../../support/race-worker.mjs'

race(createFileProvider({ directory: process.argv[2] }))

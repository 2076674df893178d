// The README's table of events is the type FacsimileEvents: the compiler holds the list here to the one, the test to the other.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { FacsimileEventName, FacsimileEvents } from '@facsimile/core'

/** `?` where the field may be missing. */
type Presence<Event, Field extends keyof Event> = undefined extends Event[Field] ? '' | '?' : ''

type Fields = {
  readonly [Name in FacsimileEventName]: {
    readonly [Field in keyof FacsimileEvents[Name] & string as string extends Field ? never : Field]-?: Presence<
      FacsimileEvents[Name],
      Field
    >
  }
}

const OF_PAGE = { method: '', status: '', durationMs: '' } as const
const OF_FETCH = { method: '', path: '', durationMs: '' } as const

const FIELDS: Fields = {
  'facsimile:injected': { snippets: '' },
  'facsimile:skipped': { reason: '' },
  'facsimile:blocked': { snippet: '', directive: '' },
  'facsimile:stored': { bytes: '', provider: '', ...OF_PAGE },
  'facsimile:expired': {},
  'facsimile:lost': { reason: '', error: '?', ...OF_PAGE },
  'facsimile:fetched': { bytes: '', ageMs: '', ...OF_FETCH },
  'facsimile:missed': { reason: '', ...OF_FETCH },
  'facsimile:denied': { reason: '', clientAddress: '?', ...OF_FETCH },
  'facsimile:unreadable': { reason: '' },
  'facsimile:unavailable': { error: '', ...OF_FETCH },
  'facsimile:reloaded': { version: '' },
  'facsimile:reload-failed': { error: '' },
}

test('the README names every event, and every field of it', () => {
  const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')
  const rows = [...readme.matchAll(/^\| `(facsimile:[a-z-]+)` +\| `\{ ?(.*?) ?\}` +\|$/gm)]
  const expected = Object.entries(FIELDS).map(([name, fields]) => [
    name,
    Object.entries(fields)
      .map(([field, presence]) => field + presence)
      .join(', '),
  ])
  expect(rows.map(([, name, fields]) => [name, fields])).toEqual(expected)
})

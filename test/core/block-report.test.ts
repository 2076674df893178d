// Blocked snippets: each an event, and in the log once a minute for each snippet and directive.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, test } from '@jest/globals'
import { createBlockReport, createEventSource, createSafeLogger } from '@facsimile/core'

test('a snippet that stays blocked is logged again after a minute, and published each time', () => {
  let now = 0
  const logged: object[] = []
  let published = 0
  const ignore = () => undefined
  const logger = { debug: ignore, info: ignore, error: ignore, warn: (fields: object) => void logged.push(fields) }
  const count = () => {
    published++
  }
  const report = createBlockReport(createSafeLogger(logger), createEventSource(), () => now)
  const block = (snippet: string, directive: string) => report({ snippet, directive, remedy: 'Do that.' })

  subscribe('facsimile:blocked', count)
  block('a', 'script-src')
  block('a', 'script-src')
  block('a', 'style-src')
  block('b', 'script-src')
  now = 59_999
  block('a', 'script-src')
  now = 60_000
  block('a', 'script-src')
  unsubscribe('facsimile:blocked', count)

  expect(logged).toEqual([
    { snippet: 'a', directive: 'script-src' },
    { snippet: 'a', directive: 'style-src' },
    { snippet: 'b', directive: 'script-src' },
    { snippet: 'a', directive: 'script-src' },
  ])
  expect(published).toBe(6)
})

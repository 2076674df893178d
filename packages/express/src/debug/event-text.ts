// An event in a line of words, for the list of the debug page and for those who hear it read.
import { maskLocation, WORDS, type Explanation, type FacsimileEvent } from '@facsimile/core'
import { formatBytes, formatMs } from './formats.js'

export interface EventText {
  /** What happened, in a word or two. */
  readonly what: string
  /** The word for the reason, where there is one. */
  readonly word?: string
  /** A sentence, or figures. */
  readonly detail?: string
  readonly isTrouble: boolean
}

/** No error's own message: what somebody else's code throws may hold what is secret. */
export function describeEvent(event: FacsimileEvent): EventText {
  switch (event.name) {
    case 'facsimile:stored': {
      const { bytes, durationMs, provider } = event.data
      return good('Stored', `${formatBytes(bytes)} in ${formatMs(durationMs)}, in ${maskLocation(provider)}`)
    }
    case 'facsimile:fetched':
      return good('Fetched', `${formatBytes(event.data.bytes)}, ${formatMs(event.data.ageMs)} after it left`)
    case 'facsimile:injected':
      return good('Filled', `${event.data.snippets} snippets`)
    case 'facsimile:skipped':
      return { ...worded('Passed over', event.data.reason, WORDS['passed over'][event.data.reason]), isTrouble: false }
    case 'facsimile:missed':
      return worded('Missed', event.data.reason, WORDS.missed[event.data.reason])
    case 'facsimile:lost':
      return worded('Not stored', event.data.reason, WORDS['not stored'][event.data.reason])
    case 'facsimile:unreadable':
      return worded('Unreadable', event.data.reason, WORDS.unreadable[event.data.reason])
    case 'facsimile:denied': {
      const { reason, clientAddress = 'nobody knows who' } = event.data
      return { what: 'Denied', word: reason, detail: `${clientAddress}: ${WORDS.refused[reason][0]}`, isTrouble: true }
    }
    case 'facsimile:blocked': {
      const { snippet, directive } = event.data
      const detail = `The policy's ${directive} would block the snippet ${JSON.stringify(snippet)}.`
      return { what: 'Left out', word: 'snippet-blocked', detail, isTrouble: true }
    }
    case 'facsimile:expired':
      return good('Expired', 'The time of a page was over, and nobody had fetched it here.')
    case 'facsimile:unavailable':
      return trouble('Not looked up', 'The cache provider did not answer the fetcher; the log has the error.')
    case 'facsimile:reloaded':
      return good('Settings', `Version ${event.data.version} is in force.`)
    case 'facsimile:reload-failed':
      return trouble('Settings', 'The file cannot be used; the settings before stay in force.')
  }
}

function good(what: string, detail: string): EventText {
  return { what, detail, isTrouble: false }
}

function trouble(what: string, detail: string): EventText {
  return { what, detail, isTrouble: true }
}

function worded(what: string, word: string, [meaning]: Explanation): EventText {
  return { what, word, detail: meaning, isTrouble: true }
}

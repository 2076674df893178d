// Shows what happens to a page on its way: asks for it as the viewer's browser would, and notes what the filter does.
import { comparePages, toError, type Loss, type PassOver, type Placement, type Snippet } from '@facsimile/core'
import type { Generation } from './generation.js'
import type { Request } from './http-types.js'
import { askOwnServer } from './own-request.js'
import type { PageStores } from './page-stores.js'
import { WATCH_HEADER, type Watch, type Watches } from './watches.js'

const DEADLINE_MS = 5_000
const MAX_BYTES = 32 * 1024 * 1024
const MAX_SHOWN_BYTES = 4_000

export interface InspectedSnippet {
  readonly name: string
  readonly placement: Placement
  /** `not-meant`: by its `when`, or for the charset; `not-needed`: the page contains its `unlessPageContains`. */
  readonly outcome: 'inserted' | 'not-meant' | 'blocked' | 'not-needed'
  /** What blocks it, and what to do about it. */
  readonly directive?: string
  readonly remedy?: string
}

/** A piece of the page that the application has not written. */
interface InspectedInsertion {
  /** Where it begins in the page that left. */
  readonly offset: number
  readonly bytes: number
  /** Its beginning, as UTF-8. */
  readonly text: string
}

export interface Inspection {
  readonly path: string
  /** `undefined` when no answer came, for `failure`. */
  readonly status?: number
  readonly failure?: string
  readonly durationMs: number
  /** How often the response went through this Facsimile's filter; 0 says that it never came there. */
  readonly passes: number
  readonly passedOver?: PassOver
  /** All of the settings, in their order; none for a response that was passed over. */
  readonly snippets: readonly InspectedSnippet[]
  /** None where the copy has the snippets too. */
  readonly insertions: readonly InspectedInsertion[]
  /** `undefined` where no copy was to be kept. */
  readonly stored?: 'stored' | Loss
  readonly isCompressedInside: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: number
}

export interface Inspector {
  /**
   * Asks the own server for `path` with the viewer's cookies. The copy is taken away again, and no event or count knows of
   * it. Never rejects, and answers within some 5 seconds.
   */
  inspect(viewer: Request, path: string): Promise<Inspection>
}

export interface InspectorParts {
  readonly watches: Watches
  readonly stores: PageStores
  readonly current: () => Generation
}

export function createInspector({ watches, stores, current }: InspectorParts): Inspector {
  async function copyOf(watch: Watch): Promise<{ readonly stored?: 'stored' | Loss; readonly copy?: Buffer }> {
    const token = watch.visit?.madeToken
    if (token === undefined || watch.passedOver !== undefined) return {}
    try {
      await stores.arrival(token)
      const page = await stores.fetch(token, 'pull')
      if (page !== undefined) return { stored: 'stored', copy: page.body }
      return { stored: stores.lossOf(token) ?? 'failed' }
    } catch {
      // A store that does not answer is what the inspection is to show.
      return { stored: 'failed' }
    }
  }

  return {
    async inspect(viewer, path) {
      const { secret, watch } = watches.open()
      const startedAt = performance.now()
      const question = { path, headers: { [WATCH_HEADER]: secret }, timeoutMs: DEADLINE_MS, maxBytes: MAX_BYTES }
      const [outcome] = await Promise.allSettled([askOwnServer(viewer, question)])
      watches.close(secret)
      const durationMs = performance.now() - startedAt
      const { stored, copy } = await copyOf(watch)
      const common = {
        path,
        durationMs,
        passes: watch.visit?.passes ?? 0,
        isCompressedInside: watch.isCompressedInside,
        ...(watch.passedOver !== undefined && { passedOver: watch.passedOver }),
        ...(stored !== undefined && { stored }),
      }
      if (outcome.status === 'rejected') {
        const failure = toError(outcome.reason).message
        return { ...common, failure, snippets: [], insertions: [], headers: {}, bytes: 0 }
      }
      const { status, headers, body } = outcome.value
      const { settings } = current()
      return {
        ...common,
        status,
        headers,
        bytes: body.length,
        snippets: settings.snippets.flatMap((snippet) => outcomeOf(snippet, watch, copy ?? body)),
        insertions: copy === undefined || settings.storeAs === 'sent' ? [] : insertionsOf(copy, body),
      }
    },
  }
}

function outcomeOf(snippet: Snippet, { visit, passedOver }: Watch, page: Buffer): readonly InspectedSnippet[] {
  const { name, placement, unlessPageContains: marker } = snippet
  if (visit === undefined || passedOver !== undefined) return []
  const { fitted } = visit
  const blocked = fitted.blocked.find((it) => it.snippet === name)
  if (blocked !== undefined) {
    const { directive, remedy } = blocked
    return [{ name, placement, outcome: 'blocked', directive, remedy }]
  }
  if (!fitted.names.includes(name)) return [{ name, placement, outcome: 'not-meant' }]
  const isNeeded = marker === undefined || !page.includes(marker)
  return [{ name, placement, outcome: isNeeded ? 'inserted' : 'not-needed' }]
}

function insertionsOf(copy: Buffer, page: Buffer): readonly InspectedInsertion[] {
  const difference = comparePages(copy, page)
  if (difference.kind !== 'insertions') return []
  return difference.pieces.map(({ offset, length }) => ({
    offset,
    bytes: length,
    text: page.subarray(offset, offset + Math.min(length, MAX_SHOWN_BYTES)).toString(),
  }))
}

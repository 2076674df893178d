// What one version of the settings comes to: the filter and the fetcher that work by it.
import {
  createAddressGuard,
  createSafeLogger,
  type AddressGuard,
  type EventSource,
  type Logger,
  type Settings,
} from '@facsimile/core'
import { createFetcher, type Fetcher } from './fetcher.js'
import { createFilterContext } from './filter-context.js'
import type { PageStores } from './page-stores.js'
import { createResponseFilter, type ResponseFilter } from './response-filter.js'
import type { Watches } from './watches.js'

/** What stays while settings change. */
export interface GenerationParts {
  /** The Facsimile itself. */
  readonly owner: object
  readonly logger: Logger
  readonly events: EventSource
  readonly stores: PageStores
  readonly watches: Watches
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** From 0 to just under 1. */
  readonly random: () => number
}

/** A response keeps to the generation that it began with, so that no page mixes two. */
export interface Generation {
  readonly settings: Settings
  readonly guard: AddressGuard
  readonly filter: ResponseFilter
  readonly fetcher: Fetcher
  /** For what the debug page asks itself: it tells neither log nor events. */
  readonly quietFetcher: Fetcher
}

/** Tells nobody. */
const NO_EVENTS: EventSource = { hasSubscribers: () => false, publish: () => undefined, listen: () => undefined }

/** Throws what a cache provider's location is refused for; then nothing has changed. */
export function createGeneration(settings: Settings, parts: GenerationParts): Generation {
  const guard = createAddressGuard({ ...settings.clientAddress, allowedAddresses: settings.allowedAddresses })
  const pages = parts.stores.use(settings)
  const { owner, logger, events, stores, now, random } = parts
  const watches = settings.allowDebug ? parts.watches : undefined
  const filter = createResponseFilter(
    createFilterContext({ owner, settings, guard, logger, events, pages, watches, now, random }),
  )
  const fetching = { settings, guard, pages: stores, now }
  return {
    settings,
    guard,
    filter,
    fetcher: createFetcher({ ...fetching, logger, events }),
    quietFetcher: createFetcher({ ...fetching, logger: createSafeLogger(undefined), events: NO_EVENTS }),
  }
}

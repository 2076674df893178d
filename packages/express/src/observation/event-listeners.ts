// Listens to the events of all Facsimiles of this process. A listener that fails costs what it was told, and nothing else:
// Node would end the process for it.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { toError, type FacsimileEventName, type FacsimileEvents } from '@facsimile/core'

export type EventListeners = { readonly [Name in FacsimileEventName]?: (event: FacsimileEvents[Name]) => void }

/** Calls the listeners from now on, until the function that it answers is called. The process is warned of the first failure. */
export function listenToEvents(listeners: EventListeners): () => void {
  let hasWarned = false

  function warn(thrown: unknown): void {
    if (hasWarned) return
    hasWarned = true
    process.emitWarning(`An event of Facsimile could not be counted or traced: ${toError(thrown).message}`, {
      code: 'FACSIMILE_OBSERVATION',
    })
  }

  const guarded = Object.entries(listeners).map(([name, listener]) => {
    const listen = listener as (event: unknown) => void
    const onEvent = (event: unknown): void => {
      try {
        listen(event)
      } catch (error) {
        warn(error)
      }
    }
    return { name, onEvent }
  })
  guarded.forEach(({ name, onEvent }) => subscribe(name, onEvent))
  return () => guarded.forEach(({ name, onEvent }) => unsubscribe(name, onEvent))
}

// Wakes those who wait until a response has been silent for a while. A timer for each would cost a short page more than
// its insertion does, so one clock, which stands still while nobody waits, serves them all.

/** After so long nothing more is expected. */
const SILENCE_MS = 250
const TICK_MS = 50

/** Whoever is told, once, between 250 and 300 ms after the last call of `watchSilence`. */
export interface SilenceListener {
  onSilence(): void
}

/** Each with the instant from which on it has been silent. */
const waiting = new Map<SilenceListener, number>()
let clock: NodeJS.Timeout | undefined

/** Begins to wait, or begins anew. */
export function watchSilence(listener: SilenceListener): void {
  waiting.set(listener, performance.now())
  clock ??= setInterval(tick, TICK_MS).unref()
}

export function unwatchSilence(listener: SilenceListener): void {
  waiting.delete(listener)
}

function tick(): void {
  const latestStart = performance.now() - SILENCE_MS
  for (const [listener, startedAt] of waiting) {
    if (startedAt > latestStart) continue
    waiting.delete(listener)
    listener.onSilence()
  }
  if (waiting.size > 0) return
  clearInterval(clock)
  clock = undefined
}

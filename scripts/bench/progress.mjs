// Tells how a run goes on, and how long it will still take.

/**
 * `plannedSeconds` is what all steps should take together. `step(seconds, line)` says that a part of that has been done;
 * the time that is left is judged by how long the parts before took. `now` counts milliseconds.
 */
export function createProgress(plannedSeconds, log, now = () => performance.now()) {
  const startedAt = now()
  let doneSeconds = 0
  return {
    note: log,
    step(seconds, line) {
      doneSeconds += seconds
      const elapsedSeconds = (now() - startedAt) / 1000
      const left = (Math.max(plannedSeconds - doneSeconds, 0) * elapsedSeconds) / doneSeconds
      log(`[${describeSeconds(left)} left] ${line}`)
    },
  }
}

function describeSeconds(seconds) {
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
}

// The result of a soak as text.

/** One line for each bar, what the run consisted of, and the first cases of what went wrong. */
export function render({ samples, ledger, end, seconds }, bars) {
  const last = samples.at(-1)
  const { counts, byKind, crawler } = ledger
  const wrong = [...ledger.wrong, ...end.cases, ...last.complaints, ...end.complaints]
  const missed = bars.filter(({ isMissed }) => isMissed)
  return [
    ...bars.map(
      ({ name, figure, bar, isMissed }) => `${isMissed ? 'MISSED' : 'ok    '}  ${name}: ${figure} (bar: ${bar})`,
    ),
    '',
    `${counts.requests} requests in ${Math.round(seconds)} s; ${counts.aborted} left early. ${list(byKind)}.`,
    `The crawler was answered: ${list(crawler)}. Events: ${list(last.events)}. Calls of the store: ${list(last.store)}.`,
    `Under SIGTERM: ${list(end.visitors)}; gone after ${Math.round(end.ms)} ms.`,
    ...wrong.map((line) => `  ${line}`),
    '',
    missed.length === 0 ? 'Every bar was passed.' : `${missed.length} of ${bars.length} bars were missed.`,
  ].join('\n')
}

function list(counts) {
  const entries = Object.entries(counts)
  return entries.map(([name, count]) => `${name} ${count}`).join(', ') || 'none'
}

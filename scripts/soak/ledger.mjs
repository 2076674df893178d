// What the visitors of a soak met, in numbers; of what went wrong the first cases in words.

const MOST_CASES = 20

export function createLedger() {
  const counts = { requests: 0, complete: 0, aborted: 0, unanswered: 0, wrong: 0 }
  const byKind = {}
  const crawler = {}
  const wrong = []
  return {
    counts,
    byKind,
    crawler,
    wrong,
    asked({ kind }) {
      counts.requests++
      byKind[kind] = (byKind[kind] ?? 0) + 1
    },
    completed({ kind, method }, status) {
      counts.complete++
      if (!kind.startsWith('fetch') || method === 'HEAD') return
      crawler[status] = (crawler[status] ?? 0) + 1
    },
    failed({ kind, path }, problem) {
      counts.wrong++
      if (wrong.length < MOST_CASES) wrong.push(`${kind} (${path}): ${problem}`)
    },
  }
}

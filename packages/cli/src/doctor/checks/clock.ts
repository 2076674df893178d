// Whether the server's clock goes right, by what its answers say of the time and by the clock of this machine.
import { readStoredCopy } from '../../crawl/stored-copy.js'
import type { HttpAnswer } from '../../crawl/http-request.js'
import { finding, resultsOf, type Check } from '../check-result.js'
import { copiesIn } from './copy.js'
import { mainView } from './page.js'

const MAX_SKEW_MS = 5_000
/** Both instants are told in whole seconds, rounded down. */
const HALF_SECOND_MS = 500

export const checkClock: Check = (seen) => {
  const { ok, notChecked, warn } = resultsOf('clock')
  const { answer } = mainView(seen)
  const date = Date.parse(answer.headers.get('date') ?? '')
  const skews = [
    // A cache repeats the Date of the answer that it keeps.
    ...(Number.isNaN(date) || answer.headers.has('age') ? [] : [{ of: 'Date', ms: skewOf(date, answer) }]),
    ...copiesIn(seen).flatMap(({ view, copy }) => {
      const captured = readStoredCopy(copy).page?.capturedAt.getTime()
      return captured === undefined ? [] : [{ of: 'captured in Facsimile-Page', ms: skewOf(captured, view.answer) }]
    }),
  ]
  const [worst] = skews.sort((a, b) => Math.abs(b.ms) - Math.abs(a.ms))
  if (worst === undefined) return [notChecked('no answer says what time it is')]
  if (Math.abs(worst.ms) <= MAX_SKEW_MS) return [ok('agrees with the clock of this machine')]
  const seconds = Math.round(Math.abs(worst.ms) / 1000)
  const where = worst.ms > 0 ? 'ahead of' : 'behind'
  return [warn(`by ${worst.of} the server is ${seconds} s ${where} this machine`, finding('clock-wrong'))]
}

/** How far an instant lies outside of the time that the request took. */
function skewOf(told: number, { sentAt, elapsedMs }: HttpAnswer): number {
  const instant = told + HALF_SECOND_MS
  if (instant < sentAt) return instant - sentAt
  return Math.max(0, instant - sentAt - elapsedMs)
}

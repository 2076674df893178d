// The fuzzer's result as text.

/** One line on the way: so many of so many cases after so many seconds. */
export function renderProgress(done, cases, seconds) {
  return `${done} of ${cases} cases, ${Math.round(done / seconds)} in a second`
}

/** `exceptions` has a sentence for each documented exception. */
export function render(result, exceptions) {
  return result.failure === undefined ? renderCounts(result, exceptions) : renderFailure(result.failure)
}

function renderCounts({ seed, cases, seconds, kinds, exact, exceptions }, sentences) {
  const rows = Object.entries(sentences).map(([name, sentence]) => `  ${count(exceptions[name])}  ${name}: ${sentence}`)
  return `No fault in ${cases} cases (seed ${seed}, ${Math.round(seconds)} s).
  ${count(kinds.page)}  pages
  ${count(kinds.frameset)}  framesets
  ${count(kinds.fragment)}  fragments, which are left alone
  ${count(exact)}  pages with all snippets where parse5 sees their places
Pages with documented exceptions:
${rows.join('\n')}`
}

/** The page is written as a string literal of JavaScript; one character of it is one byte. */
function renderFailure({ seed, number, charset, faults, page, randomSizes, longHeadStart }) {
  return `Case ${number} of seed ${seed} fails: ${faults.join('; ')}.
  page (latin1):  ${JSON.stringify(page)}
  charset:        ${charset}
  random chunks:  ${randomSizes.join(', ')} bytes, over and over
  head-start:     ${longHeadStart ? 'a long snippet, which waits for the charset' : 'a short snippet'}
Shrunk from: npm run fuzz -- --seed ${seed} --cases ${number + 1}`
}

const count = (value = 0) => String(value).padStart(8)

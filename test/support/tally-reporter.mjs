// Closes a run with one plain line of totals that any CI can read.
export default class TallyReporter {
  onRunComplete(_contexts, results) {
    // A suite that could not even start has run no test, and is a failure all the same.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
    const skipped = results.numPendingTests + results.numTodoTests
    process.stderr.write(`\nTests: ${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`)
  }
}

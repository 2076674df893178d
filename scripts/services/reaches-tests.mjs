// Decides from jest's arguments whether a run can reach tests that need a server or a browser; when in doubt, it can.

/** Options without a value: what follows one of them is a path, not its value. */
const SWITCHES = new Set(
  (
    '-b --bail --ci --coverage --detectOpenHandles -e --expand --forceExit --no-cache -i --runInBand --silent ' +
    '-u --updateSnapshot --verbose --watch --watchAll -o --onlyChanged -f --onlyFailures --passWithNoTests'
  ).split(' '),
)

/** Options that run no test at all. */
const QUESTIONS = new Set(['--clearCache', '--help', '-h', '--listTests', '--showConfig', '--version'])

/** Options that choose tests in ways of their own. */
const CHOOSERS =
  /^--(testPathPattern|findRelatedTests|runTestsByPath|testMatch|testRegex|config|rootDir|roots|projects)/

/** `tests` are the absolute paths of the tests that need it. */
export function reachesTests(jestArguments, tests) {
  if (jestArguments.some((argument) => QUESTIONS.has(argument))) return false
  if (jestArguments.some((argument) => CHOOSERS.test(argument))) return true
  const words = jestArguments.filter((argument) => !argument.startsWith('-'))
  const paths = jestArguments.filter((argument, at) => words.includes(argument) && !isValue(jestArguments[at - 1]))
  // `-t "a name"` alone chooses among all files.
  if (paths.length === 0) return true
  return words.some((word) => tests.some((test) => matches(word, test)))
}

function isValue(before) {
  return before?.startsWith('-') === true && !before.includes('=') && !SWITCHES.has(before)
}

/** As jest does it: a regular expression, whatever the case of letters. */
function matches(pattern, path) {
  try {
    return new RegExp(pattern.replace(/^\.\//, ''), 'i').test(path)
  } catch {
    // Not an expression: jest will say so; servers do no harm.
    return true
  }
}

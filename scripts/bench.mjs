// `npm run bench`: what Facsimile costs, measured against bare Express in interleaved pairs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderBars } from './bench/bars.mjs'
import { describeEnvironment, renderEnvironment } from './bench/environment.mjs'
import { findLoadGenerator } from './bench/load.mjs'
import { findNginx } from './bench/nginx.mjs'
import { USAGE, UsageError, parseOptions, withoutNginx } from './bench/options.mjs'
import { createProgress } from './bench/progress.mjs'
import { paragraphs, replaceSection } from './bench/report.mjs'
import { SECTIONS } from './bench/sections.mjs'
import { renderShortThroughput } from './bench/throughput-report.mjs'
import { prepare, root } from './prepare.mjs'

const WHOLE = 'BENCHMARKS.md'
const SHORT = 'README.md'
const log = (line) => console.error(line)

try {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) console.log(USAGE)
  else await bench(options)
} catch (error) {
  const wrongUsage = error instanceof UsageError
  log(wrongUsage || !error.cause ? error.message : `${error.message} (${error.cause.message})`)
  process.exitCode = wrongUsage ? 2 : 1
}

async function bench(options) {
  const nginx = findNginx()
  const sections = nginx === undefined ? withoutNginx(options) : options.sections
  // Markers that are missing are better known before the minutes of measuring than after.
  if (options.write)
    Object.keys(sections).forEach((name) => documentsOf(name).forEach((file) => insert(file, name, '')))
  if (options.profileFolder !== undefined) mkdirSync(options.profileFolder, { recursive: true })
  prepare()
  const load = findLoadGenerator()
  const environment = describeEnvironment(load, nginx)
  const results = await measure(sections, { load, nginx })
  if (options.json) console.log(JSON.stringify({ environment, ...results }, null, 2))
  for (const [name, result] of Object.entries(results)) {
    const text = renderSection(name, result, environment)
    if (!options.json) console.log(`\n${text}`)
    if (!options.write) continue
    for (const file of documentsOf(name)) {
      writeFileSync(join(root, file), insert(file, name, file === WHOLE ? text : renderShortThroughput(result)))
      log(`Wrote the tables into ${file}, between the markers of "${name}".`)
    }
  }
}

async function measure(sections, tools) {
  const entries = Object.entries(sections)
  const plannedSeconds = entries.reduce((sum, [name, options]) => sum + SECTIONS[name].plan(options), 0)
  const progress = createProgress(plannedSeconds, log)
  const results = {}
  for (const [name, options] of entries) {
    const { rounds, seconds } = options
    results[name] = { rounds, seconds, ...(await SECTIONS[name].measure(options, { ...tools, progress })) }
  }
  return results
}

function renderSection(name, result, environment) {
  const { bars, render, protocol } = SECTIONS[name]
  return paragraphs(
    renderBars(bars(result)),
    render(result),
    renderEnvironment(environment, protocol?.(result, environment)),
  )
}

/** Where a section is written to. */
function documentsOf(name) {
  return name === 'throughput' ? [WHOLE, SHORT] : [WHOLE]
}

/** The document with `text` in the place of the section. */
function insert(file, name, text) {
  return replaceSection(readFileSync(join(root, file), 'utf8'), name, text)
}

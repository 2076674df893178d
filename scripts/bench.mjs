// `npm run bench`: what the response filter costs, measured against bare Express in interleaved pairs.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { findLoadGenerator } from './bench/load.mjs'
import { measureMemory } from './bench/memory.mjs'
import { USAGE, UsageError, parseOptions } from './bench/options.mjs'
import { renderMemory, renderThroughput, replaceSection } from './bench/report.mjs'
import { measureThroughput } from './bench/throughput.mjs'
import { VARIANTS } from './bench/variants.mjs'
import { prepare, root } from './prepare.mjs'

const readme = join(root, 'README.md')
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
  const section = options.memory ? 'memory' : 'bench'
  // Markers that are missing are better known before the minutes of measuring than after.
  if (options.write) replaceSection(readFileSync(readme, 'utf8'), section, '')
  prepare()
  const { result, text } = options.memory ? await memory(options) : await throughput(options)
  console.log(options.json ? JSON.stringify(result, null, 2) : text)
  if (!options.write) return
  writeFileSync(readme, replaceSection(readFileSync(readme, 'utf8'), section, text))
  log(`Wrote the table into README.md, between the markers of "${section}".`)
}

async function throughput(options) {
  const load = findLoadGenerator()
  const { variants, rounds, seconds } = options
  const cases = await measureThroughput(options, load, log)
  const protocol = `pairs of windows for each figure: ${rounds}, of ${seconds} s each`
  const result = { environment: describeEnvironment(variants, { load: load.name, protocol }), variants, cases }
  return { result, text: renderThroughput(result) }
}

async function memory(options) {
  const variants = await measureMemory(options, log)
  const how = { load: 'one request at a time', protocol: `pairs of processes: ${options.rounds}` }
  const result = { environment: describeEnvironment(options.variants, how), variants }
  return { result, text: renderMemory(result) }
}

function describeEnvironment(variants, { load, protocol }) {
  const packages = ['bare', ...variants].flatMap((name) => VARIANTS[name].packages)
  return {
    cores: cpus().length,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    load,
    protocol,
    versions: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
  }
}

function versionOf(name) {
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version
}

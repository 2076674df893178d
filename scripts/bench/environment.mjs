// The machine and the programs that the figures belong to.
import { readFileSync } from 'node:fs'
import { arch, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { root } from '../prepare.mjs'
import { VARIANTS } from './variants.mjs'

const GIBIBYTE = 1024 ** 3

export function describeEnvironment(load, nginx) {
  const packages = [...new Set(Object.values(VARIANTS).flatMap(({ packages = [] }) => packages))]
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGibibytes: Math.round(totalmem() / GIBIBYTE),
    kernel: `${type()} ${release()} ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    load: load.name,
    versions: {
      ...Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
      ...(nginx && { nginx: nginx.version }),
    },
  }
}

/** One sentence. `protocol` says how the load was made, where that is not said elsewhere. */
export function renderEnvironment(environment, protocol) {
  const { cores, processor, memoryGibibytes, kernel, node, v8, versions } = environment
  const machine = `${cores} cores (${processor}) shared with the client, ${memoryGibibytes} GiB of memory, ${kernel}`
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const parts = [machine, `Node ${node} (V8 ${v8})`, programs.join(', '), protocol]
  return `${parts.filter((part) => part !== undefined).join('; ')}.`
}

function versionOf(name) {
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version
}

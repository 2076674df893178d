// What every command needs first: a Node that is new enough, the dependencies, the packages built.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..')
const stamp = join(root, 'node_modules', '.facsimile-lock')

/** Runs a command in the project's root with its output shown; ends this process when the command fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (result.error) throw result.error
  if (result.status !== 0) process.exit(result.status ?? 1)
}

/** Runs a JavaScript command of an installed package, without a shell. */
export function runBin(path, args, options) {
  run(process.execPath, [join(root, 'node_modules', path), ...args], options)
}

export function prepare({ build = true } = {}) {
  requireNode()
  installOnce()
  if (build) runBin('@typescript/native/bin/tsc', ['-b'])
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(
    `Facsimile needs Node 20.19 or newer; this is Node ${process.versions.node}. Install a newer Node and try again.`,
  )
  process.exit(1)
}

/** `npm ci`, unless the last one was made from this very lock file. */
function installOnce() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.log('Installing dependencies (once) …')
  // npm tells its own scripts where it is, so that the npm that was typed is the one that installs.
  const npm = process.env.npm_execpath
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund']
  if (npm?.endsWith('.js')) run(process.execPath, [npm, ...args])
  else run('npm', args, { shell: process.platform === 'win32' })
  writeFileSync(stamp, lock)
}

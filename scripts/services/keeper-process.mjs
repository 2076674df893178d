// The keeper: a process beside a throw-away server that owns it and its folder, and removes both when whoever asked
// for the server is gone, however that happened.
import { spawn } from 'node:child_process'
import { chownSync, closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const { prefix, owner } = JSON.parse(process.argv[2])
const folder = mkdtempSync(prefix)
if (owner) chownSync(folder, owner.uid, owner.gid)

let child
let ending = false

process.on('message', ({ start, signal }) => (start ? startProgram(start) : signalProgram(signal)))
process.on('disconnect', end)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end)
tell({ folder })

function startProgram({ command, args }) {
  const log = openSync(join(folder, 'log'), 'a', 0o600)
  // A group of its own, so that a script's children end with it, and Ctrl-C reaches it through us alone.
  child = spawn(command, args, {
    cwd: folder,
    env: environment(),
    detached: true,
    stdio: ['ignore', log, log],
    ...owner,
  })
  closeSync(log)
  child.once('spawn', () => tell({ started: child.pid }))
  child.once('error', (error) => tell({ failed: error.message }))
  child.once('exit', (status, signal) => {
    child = undefined
    if (ending) remove()
    else tell({ ended: { status, signal } })
  })
}

function signalProgram(signal) {
  if (child?.pid !== undefined) process.kill(-child.pid, signal)
}

/** Nothing of the caller's settings but the way to programs and libraries. */
function environment() {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'].filter((name) => process.env[name] !== undefined)
  return {
    ...Object.fromEntries(kept.map((name) => [name, process.env[name]])),
    HOME: folder,
    TMPDIR: folder,
    LC_ALL: 'C',
  }
}

function tell(message) {
  // Whoever asked may be gone by now; 'disconnect' deals with that.
  if (process.connected) process.send(message, () => {})
}

function end() {
  if (ending) return
  ending = true
  if (child?.pid === undefined) remove()
  else signalProgram('SIGKILL')
}

function remove() {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  process.exit(0)
}

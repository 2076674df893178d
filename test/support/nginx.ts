// An nginx in a throw-away folder: one process in the foreground, which writes nowhere else.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { eventually } from './eventually.js'
import type { Balancer } from './reverse-proxy.js'

const DEADLINE_MS = 10_000
/** Folders of server programs that are often missing from a user's PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin']
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** The program, or `undefined` on a machine without it. */
export function findNginx(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SERVER_FOLDERS]
  return folders.map((folder) => join(folder, 'nginx')).find(isProgram)
}

/** Resolves when it listens on `port`, as `httpBlock`, what stands within `http { }`, tells it to. */
export async function startNginx(program: string, port: number, httpBlock: string): Promise<Balancer> {
  const folder = await mkdtemp(join(tmpdir(), 'facsimile-nginx-'))
  const file = join(folder, 'nginx.conf')
  await writeFile(file, configuration(folder, httpBlock))
  const child = spawn(program, ['-p', folder, '-c', file, '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'inherit'] })
  const stop = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await once(child, 'spawn')
    await eventually('nginx listens', () => {
      if (child.exitCode !== null)
        throw new Error(`nginx ended with exit code ${child.exitCode}; its words stand above`)
      return accepts(port)
    })
    return { port, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function configuration(folder: string, httpBlock: string): string {
  return `
    daemon off;
    # A server that a test has stopped is worth no words.
    error_log stderr crit;
    master_process off;
    pid ${join(folder, 'nginx.pid')};
    events { worker_connections 512; }
    http {
      access_log off;
      ${TEMPORARY.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n')}
      ${httpBlock}
    }`
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    const exit = once(child, 'exit', { signal: AbortSignal.timeout(DEADLINE_MS) })
    child.kill('SIGTERM')
    await exit
  } finally {
    child.kill('SIGKILL')
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Not there, or not for us: both mean that it cannot be run.
    return false
  }
}

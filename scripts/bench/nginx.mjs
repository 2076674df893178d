// nginx in front of the bare server, on two ports: as it is, and with `sub_filter`, which many sites inject with today.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '../services/free-port.mjs'
import { findProgram, programFolders } from '../services/find-program.mjs'
import { PLAIN_SNIPPET } from './variants.mjs'

const DEADLINE_MS = 10_000
const POLL_MS = 20
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
/** How Linux counts processor time in /proc: in hundredths of a second. */
const MICROS_PER_TICK = 10_000

/** The program and its version, or `undefined` on a machine without it. */
export function findNginx() {
  const program = findProgram(['nginx'], programFolders())
  if (program === undefined) return undefined
  const [, version = 'unknown'] = /nginx\/(\S+)/.exec(spawnSync(program, ['-v'], { encoding: 'utf8' }).stderr) ?? []
  return { program, version }
}

/** One nginx process that looks like two servers of child.mjs: what it answers about its processor time holds for both. */
export async function startNginx(program, upstreamPort) {
  const ports = { 'nginx plain': await findFreePort(), 'nginx sub_filter': await findFreePort() }
  const folder = await mkdtemp(join(tmpdir(), 'facsimile-bench-nginx-'))
  const file = join(folder, 'nginx.conf')
  await writeFile(file, configuration(folder, upstreamPort, ports))
  const child = spawn(program, ['-p', folder, '-c', file, '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'inherit'] })
  const stop = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  }
  const answers = { cpuMicros: () => cpuMicrosOf(child.pid) }
  try {
    await once(child, 'spawn')
    for (const port of Object.values(ports)) await listens(child, port)
  } catch (error) {
    await stop()
    throw error
  }
  return Object.entries(ports).map(([variant, port]) => ({
    variant,
    port,
    origin: `http://127.0.0.1:${port}`,
    ask: async (question) => answers[question](),
    stop,
  }))
}

function configuration(folder, upstreamPort, ports) {
  return `
    daemon off;
    error_log stderr crit;
    master_process off;
    pid ${join(folder, 'nginx.pid')};
    events { worker_connections 512; }
    http {
      access_log off;
      ${TEMPORARY.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n')}
      # Neither connections nor pages are to meet a bound that has nothing to do with the filter.
      keepalive_requests 100000000;
      proxy_max_temp_file_size 0;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      upstream bare {
        server 127.0.0.1:${upstreamPort};
        keepalive 32;
        keepalive_requests 100000000;
        # Before the server behind gives an idle connection up.
        keepalive_timeout 3s;
      }
      server {
        listen 127.0.0.1:${ports['nginx plain']};
        location / { proxy_pass http://bare; }
      }
      server {
        listen 127.0.0.1:${ports['nginx sub_filter']};
        location / {
          proxy_pass http://bare;
          sub_filter '</body>' '${PLAIN_SNIPPET}</body>';
        }
      }
    }`
}

async function listens(child, port) {
  const deadline = performance.now() + DEADLINE_MS
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with status ${child.exitCode}; its words stand above.`)
    if (performance.now() > deadline) throw new Error(`nginx did not listen after ${DEADLINE_MS} ms.`)
    await delay(POLL_MS)
  }
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (accepted) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => answer(true)).once('error', () => answer(false))
  })
}

/** Processor time of another process, where the system tells it; `NaN` elsewhere. */
function cpuMicrosOf(pid) {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return NaN
  // The name of the program stands in brackets and may hold spaces; user and system time are the 12th and 13th field after it.
  const fields = readFileSync(file, 'utf8').split(') ').at(-1).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK
}

async function end(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  const giveUp = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
  child.kill('SIGTERM')
  await ended
  clearTimeout(giveUp)
}

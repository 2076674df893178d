// An nginx in a throw-away folder that sends a request to the server that its cookie names.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Balancer, FarmPorts } from './farm-balancer.js'
import { closedPort } from './redis-bench.js'

const DEADLINE_MS = 10_000

export async function startNginx(program: string, cookie: string, ports: FarmPorts): Promise<Balancer> {
  const folder = await mkdtemp(join(tmpdir(), 'facsimile-nginx-'))
  const port = await closedPort()
  const file = join(folder, 'nginx.conf')
  await writeFile(file, configuration(folder, port, cookie, ports))
  const child = spawn(program, ['-p', folder, '-c', file, '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'inherit'] })
  const stop = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await once(child, 'spawn')
    await listening(child, port)
    return { port, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** One process in the foreground, which writes nowhere but in `folder`. */
function configuration(folder: string, port: number, cookie: string, { a, b }: FarmPorts): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
    daemon off;
    master_process off;
    pid ${join(folder, 'nginx.pid')};
    events { worker_connections 512; }
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n')}
      map $cookie_${cookie} $farm_server { a 127.0.0.1:${a}; default 127.0.0.1:${b}; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://$farm_server;
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }
      }
    }`
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  const end = performance.now() + DEADLINE_MS
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with exit code ${child.exitCode}; its words stand above`)
    if (performance.now() > end) throw new Error(`nginx did not listen within ${DEADLINE_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
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

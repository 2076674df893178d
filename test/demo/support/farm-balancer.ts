// The balancer of the demo's farm: nginx with the template that docker-compose.yml gives it, or, where nginx is not
// installed, a reverse proxy of our own that does the same.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { environmentOf, ROOT } from './compose.js'
import { startStandIn } from './farm-stand-in.js'

const PROGRAM = 'nginx'
const TEMPLATE = join(ROOT, 'packages/demo/farm/nginx.conf.template')
/** Server programs are often outside of a user's PATH. */
const PATH = [process.env['PATH'], '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'].join(delimiter)
const DEADLINE_MS = 10_000

/** Starts what listens on `port` and hands requests to the servers in turn; resolves to what stops it. */
export async function startBalancer(port: number, servers: readonly [number, number]): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'facsimile-balancer-'))
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  const file = join(folder, 'nginx.conf')
  await writeFile(file, await configuration(folder, port, servers))
  const child = spawn(PROGRAM, ['-p', folder, '-c', file, '-e', 'stderr'], {
    env: { PATH },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    await once(child, 'spawn')
  } catch (error) {
    await removeFolder()
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return startStandIn(port, servers)
    throw error
  }
  return async () => {
    await end(child)
    await removeFolder()
  }
}

/** What the image of nginx has around a template of ours, with everything that nginx writes in `folder`. */
async function configuration(folder: string, port: number, [a, b]: readonly [number, number]): Promise<string> {
  const variables = environmentOf('balancer', {
    LISTEN: `127.0.0.1:${port}`,
    SHOP_A: `127.0.0.1:${a}`,
    SHOP_B: `127.0.0.1:${b}`,
  })
  const template = await readFile(TEMPLATE, 'utf8')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
    daemon off;
    # A server that a test has stopped is worth no words.
    error_log stderr crit;
    master_process off;
    pid ${join(folder, 'nginx.pid')};
    events { worker_connections 512; }
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n')}
      ${template.replace(/\$\{(\w+)\}/g, (text, name: string) => variables[name] ?? text)}
    }`
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  try {
    const exit = once(child, 'exit', { signal: AbortSignal.timeout(DEADLINE_MS) })
    child.kill('SIGTERM')
    await exit
  } finally {
    child.kill('SIGKILL')
  }
}

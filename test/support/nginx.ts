// An nginx in a throw-away folder, which writes nowhere else.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { startProxy } from './proxy-process.js'
import type { Balancer } from './reverse-proxy.js'

/** Folders of server programs that are often missing from a user's PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin']
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** The program, or `undefined` on a machine without it. */
export function findNginx(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SERVER_FOLDERS]
  return folders.map((folder) => join(folder, 'nginx')).find(isProgram)
}

/** Resolves when it listens on `port`, as `httpBlock`, what stands within `http { }`, tells it to. */
export function startNginx(program: string, port: number, httpBlock: string): Promise<Balancer> {
  const kind = {
    title: 'nginx',
    program,
    arguments: (file: string, folder: string) => ['-p', folder, '-c', file, '-e', 'stderr'],
    configuration: (folder: string) => configuration(folder, httpBlock),
  }
  return startProxy(kind, port)
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

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Not there, or not for us: both mean that it cannot be run.
    return false
  }
}

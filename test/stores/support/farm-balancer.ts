// The balancer of a farm: nginx where its program is found, else a small reverse proxy of our own, with the same rule.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { startNginx } from './farm-nginx.js'
import { startNodeProxy } from './farm-node-proxy.js'

/** The cookie that names a visitor's server. */
export const SERVER_COOKIE = 'farm_server'

/** Ports of the servers: `a` and `b` have what the cookie names so, and `b` what comes without one. */
export interface FarmPorts {
  readonly a: number
  readonly b: number
}

export interface Balancer {
  readonly port: number
  stop(): Promise<void>
}

/** Folders of server programs that are often missing from a user's PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin']

const nginx = findNginx()

/** Which of the two it is, in the words of a test's name. */
export const BALANCER_KIND = nginx === undefined ? 'a Node reverse proxy' : 'nginx'

export function startBalancer(ports: FarmPorts): Promise<Balancer> {
  return nginx === undefined ? startNodeProxy(SERVER_COOKIE, ports) : startNginx(nginx, SERVER_COOKIE, ports)
}

function findNginx(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SERVER_FOLDERS]
  return folders.map((folder) => join(folder, 'nginx')).find(isProgram)
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

// A HAProxy that keeps to itself: no control socket, no log, and the time limits of Debian's configuration.
import { startProxy } from './proxy-process.js'
import type { Balancer } from './reverse-proxy.js'

/** Resolves when it listens on `port`, as `sections`, what stands behind `defaults`, tell it to. */
export function startHaproxy(program: string, port: number, sections: string): Promise<Balancer> {
  const kind = {
    title: 'HAProxy',
    program,
    arguments: (file: string) => ['-db', '-q', '-f', file],
    configuration: () => `
global
  maxconn 256

defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s

${sections}
`,
  }
  return startProxy(kind, port)
}

// Sites behind the real nginx and HAProxy, configured by the blocks of a page. Clients say where they come from by the
// PROXY protocol, as a load balancer says it, so that the addresses of the page can stay as they are.
import { afterEach } from '@jest/globals'
import { startHaproxy } from '../../support/haproxy.js'
import { startNginx } from '../../support/nginx.js'
import { exampleIn, replaceAll } from '../../support/page-examples.js'
import { freePort } from '../../support/ports.js'
import { foundProgram } from '../../support/proxy-process.js'
import { openConnection, requestText, type Connection, type RawResponse } from '../../support/raw-http.js'

export const PROXIES = ['nginx', 'haproxy'] as const
export type ProxyName = (typeof PROXIES)[number]

const toTakeDown: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const takeDown of toTakeDown.splice(0).reverse()) await takeDown()
})

/** Runs a block of a page until the end of the test; `ports` are those of the page's servers, and those of ours. */
export async function startProxyOf(
  page: string,
  proxy: ProxyName,
  example: string,
  ports: Readonly<Record<number, number>>,
  changes: Readonly<Record<string, string>> = {},
): Promise<ProxiedSite> {
  const port = await freePort()
  const servers = Object.entries(ports).map(([from, to]) => [`127.0.0.1:${from}`, `127.0.0.1:${to}`] as const)
  const listen = {
    nginx: {
      'listen 80;': `listen 127.0.0.1:${port} proxy_protocol; set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;`,
    },
    haproxy: { 'bind :80': `bind 127.0.0.1:${port} accept-proxy` },
  }[proxy]
  const block = replaceAll(exampleIn(page, example), { ...listen, ...Object.fromEntries(servers), ...changes })
  const running =
    proxy === 'nginx'
      ? await startNginx(foundProgram('TEST_NGINX'), port, block)
      : await startHaproxy(foundProgram('TEST_HAPROXY'), port, block)
  toTakeDown.push(() => running.stop())
  return new ProxiedSite(port)
}

export class ProxiedSite {
  readonly #port: number

  constructor(port: number) {
    this.#port = port
  }

  /** A connection that comes from `address`; whoever opens it destroys it. */
  async connect(address: string): Promise<Connection> {
    const connection = await openConnection(this.#port)
    const family = address.includes(':') ? `TCP6 ${address} ::1` : `TCP4 ${address} 127.0.0.1`
    connection.send(`PROXY ${family} 40000 80\r\n`)
    return connection
  }

  /** Asks from `address` on a connection of its own. */
  async ask(address: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<RawResponse> {
    const connection = await this.connect(address)
    try {
      connection.send(requestText({ path, headers: { Host: 'shop.example', ...headers } }))
      return await connection.read()
    } finally {
      connection.destroy()
    }
  }
}

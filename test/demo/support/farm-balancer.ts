// The balancer of the demo's farm: nginx with the template that docker-compose.yml gives it, or, where nginx is not
// installed, a reverse proxy of our own that does the same.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findNginx, startNginx } from '../../support/nginx.js'
import { startReverseProxy, type Balancer } from '../../support/reverse-proxy.js'
import { environmentOf, ROOT } from './compose.js'

const TEMPLATE = join(ROOT, 'packages/demo/farm/nginx.conf.template')

/** Starts what listens on `port` and hands requests to the servers in turn. */
export async function startBalancer(port: number, servers: readonly [number, number]): Promise<Balancer> {
  const program = findNginx()
  if (program !== undefined) return startNginx(program, port, await fillTemplate(port, servers))
  let turn = 0
  return startReverseProxy(() => {
    turn = (turn + 1) % servers.length
    return [...servers.slice(turn), ...servers.slice(0, turn)]
  }, port)
}

/** As the image of nginx puts the variables of the compose file in. */
async function fillTemplate(port: number, [a, b]: readonly [number, number]): Promise<string> {
  const variables = environmentOf('balancer', {
    LISTEN: `127.0.0.1:${port}`,
    SHOP_A: `127.0.0.1:${a}`,
    SHOP_B: `127.0.0.1:${b}`,
  })
  const template = await readFile(TEMPLATE, 'utf8')
  return template.replace(/\$\{(\w+)\}/g, (text, name: string) => variables[name] ?? text)
}

// The balancer of a farm whose servers are named by a cookie: nginx where its program is found, else a small reverse
// proxy of our own, with the same rule.
import { cookieValues } from '@facsimile/core'
import { findNginx, startNginx } from '../../support/nginx.js'
import { startReverseProxy, type Balancer } from '../../support/reverse-proxy.js'
import { closedPort } from './redis-bench.js'

/** The cookie that names a visitor's server. */
export const SERVER_COOKIE = 'farm_server'

/** Ports of the servers: `a` and `b` have what the cookie names so, and `b` what comes without one. */
export interface FarmPorts {
  readonly a: number
  readonly b: number
}

const nginx = findNginx()

/** Which of the two it is, in the words of a test's name. */
export const BALANCER_KIND = nginx === undefined ? 'a Node reverse proxy' : 'nginx'

export async function startBalancer({ a, b }: FarmPorts): Promise<Balancer> {
  if (nginx === undefined) {
    return startReverseProxy(({ headers }) => [cookieValues(headers.cookie ?? '', SERVER_COOKIE)[0] === 'a' ? a : b])
  }
  const port = await closedPort()
  return startNginx(
    nginx,
    port,
    `map $cookie_${SERVER_COOKIE} $farm_server { a 127.0.0.1:${a}; default 127.0.0.1:${b}; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://$farm_server;
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }
      }`,
  )
}

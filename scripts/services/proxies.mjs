// nginx and HAProxy for tests: what was given, or this machine's programs.
import { foundProgram } from './found-program.mjs'

/** How `startServices` gets an nginx. */
export const nginx = foundProgram({
  title: 'nginx',
  variable: 'NGINX_PATH',
  example: '/usr/sbin/nginx',
  packages: ['nginx'],
  names: ['nginx'],
  resultVariable: 'TEST_NGINX',
  versionArgument: '-v',
  versionPattern: /nginx\/\d+(?:\.\d+)*/,
})

/** How `startServices` gets a HAProxy. */
export const haproxy = foundProgram({
  title: 'HAProxy',
  variable: 'HAPROXY_PATH',
  example: '/usr/sbin/haproxy',
  packages: ['haproxy'],
  names: ['haproxy'],
  resultVariable: 'TEST_HAPROXY',
  versionArgument: '-v',
})

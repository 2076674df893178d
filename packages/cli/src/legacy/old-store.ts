// Where the old modules kept pages, and where Facsimile keeps them instead.
import { maskLocation } from '@facsimile/core'
import type { PhpConfig } from './php-config.js'
import type { Step } from './draft.js'

const WEB_ROOT = /^(?:public|public_html|htdocs|httpdocs|www|wwwroot|html|webroot|web|docroot|sites)$/i
const ABSOLUTE = /^(?:\/|[A-Za-z]:[\\/])/
/** http://user:password@host:port/database.table */
const MYSQL_MEMORY = /^https?:\/\/([^:@/]*):(.*)@([^@/:]+)(?::(\d{1,5}))?\/([^./]+)\.([^./]+)$/s

/** The provider and its location, which say something together only. Called for either of them, the first time it works. */
export function translateStore(step: Step): void {
  const provider = textOf(step.config, 'CacheProvider') ?? 'FileSystem'
  const location = textOf(step.config, 'CacheLocation') ?? textOf(step.config, 'path_to_cache') ?? ''
  if (provider === 'FileSystem') return translateFolder(step, location)
  if (provider === 'MySQLMemory') return translateMysql(step, location)
  step.set('cacheProvider', 'memory:')
  if (provider === 'APC')
    return step.warn(
      "APC was shared by the processes of a machine, and `memory:` is each process's own: with several processes write `file:` and a folder, or `redis:`",
    )
  step.leave(
    `${JSON.stringify(provider)} has no successor by that name; \`memory:\` is written, and several servers share \`redis://…\` or \`mysql://…\``,
  )
}

function translateFolder({ set, warn }: Step, location: string): void {
  const isOutside = ABSOLUTE.test(location) && !location.split(/[\\/]/).some((part) => WEB_ROOT.test(part))
  set('cacheProvider', isOutside ? `file:${location}` : 'memory:')
  if (isOutside) return warn(`the pages of the old module may still lie in ${location}: delete them`)
  const folder =
    location === '' || location === './Cache'
      ? 'the folder Cache of the old module'
      : JSON.stringify(maskLocation(location))
  warn(
    `${folder} may be open to the web, and pages of the old module may still lie there: delete them. \`memory:\` is written; where several processes serve the site, write \`file:\` and a folder outside of the web root`,
  )
}

function translateMysql({ set, leave, warn }: Step, location: string): void {
  const [, user = '', password = '', host = '', port, database = '', table = ''] = MYSQL_MEMORY.exec(location) ?? []
  if (host === '') {
    set('cacheProvider', 'memory:')
    return leave(
      'the location is not of the form http://user:password@host:port/database.table; `memory:` is written, so write mysql://user:password@host/database',
    )
  }
  const parts = [user, password, database].map(encodeURIComponent)
  const [encodedUser = '', encodedPassword = '', encodedDatabase = ''] = parts
  const server = port === undefined ? host : `${host}:${port}`
  set('cacheProvider', `mysql://${encodedUser}:${encodedPassword}@${server}/${encodedDatabase}`)
  warn(
    `the old table ${JSON.stringify(table)} cut pages after 1000 blocks and is not used again: drop it; \`facsimile store init\` makes the new one`,
  )
}

function textOf(config: PhpConfig, key: string): string | undefined {
  const value = config.get(key)?.value
  return typeof value === 'string' ? value : undefined
}

// docker-compose.yml as docker compose reads it, as far as the tests need it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const ROOT = join(import.meta.dirname, '..', '..', '..')

export interface ComposeService {
  readonly profiles?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly ipv4_address: string }>>
  readonly depends_on?: Readonly<Record<string, unknown>>
}

/** The services by name; a variable such as `${PORT:-3000}` has its default. */
export function readCompose(): Readonly<Record<string, ComposeService>> {
  const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')
  const withDefaults = text.replace(/\$\{\w+:-([^}]*)\}/g, '$1')
  return (parse(withDefaults, { merge: true }) as { services: Record<string, ComposeService> }).services
}

/** The environment of a service, in which `changes` puts other values for variables that are there; not a new one. */
export function environmentOf(service: string, changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  const environment = readCompose()[service]?.environment ?? {}
  const unknown = Object.keys(changes).filter((name) => !(name in environment))
  if (unknown.length > 0) throw new Error(`docker-compose.yml does not give ${unknown.join(', ')} to ${service}`)
  return { ...environment, ...changes }
}

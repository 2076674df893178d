// The JSON Schema of a settings file, made of the same definitions that check the settings.
import { z } from 'zod'
import { SETTING_MEANINGS } from './setting-meanings.js'
import { resolveSettings, settingsSchema } from './settings.js'

interface SchemaNode {
  [keyword: string]: unknown
  properties?: Record<string, SchemaNode>
  items?: SchemaNode
  anyOf?: SchemaNode[]
}

const OCTET = '(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])'
const IPV4_RANGE = `(?:${OCTET}\\.){3}${OCTET}(?:/(?:[0-9]|[12][0-9]|3[0-2]))?`
/** Something with two colons: whether it is IPv6, the settings check themselves. */
const IPV6_RANGE = '(?=[^/]*:[^/]*:)[0-9A-Fa-f:.]{2,45}(?:/(?:[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?'
const ADDRESSES = { type: 'string', pattern: `^(?:${IPV4_RANGE}|${IPV6_RANGE})$` }
/** What `fetchUrl` may be: absolute, with the token's place, no user and no fragment. */
const FETCH_URL = '^[hH][tT]{2}[pP][sS]?://(?=[^/?])(?![^/?]*@)(?=.*%CacheToken%)[^\\s"\'<>#\\\\]+$'

/**
 * What of the settings cannot stand in JSON, or is checked by code; each is given the node and answers its better.
 * Nothing else is said twice.
 */
const IN_JSON: Readonly<Record<string, (node: SchemaNode) => SchemaNode>> = {
  'snippets.when': withoutOthers,
  cacheProvider: withoutOthers,
  allowedAddresses: (node) => ({ ...node, items: ADDRESSES }),
  'clientAddress.trustedProxies': (node) => ({ ...node, items: ADDRESSES }),
  fetchUrl: () => ({ type: 'string', pattern: FETCH_URL }),
  encryptionKeys: (node) => ({ ...node, items: { type: 'string' } }),
}
const NOT_IN_JSON: ReadonlySet<string> = new Set(['logger'])

/**
 * A schema of draft 2020-12 that accepts what createFacsimile accepts, as far as a schema can tell: it knows nothing of
 * two snippets with the same name, of IPv6 in all its spellings and of XHTML.
 */
export function createSettingsSchema(): object {
  const { properties = {}, ...rest } = z.toJSONSchema(settingsSchema, {
    io: 'input',
    unrepresentable: 'any',
  }) as SchemaNode
  const defaults: Readonly<Record<string, unknown>> = resolveSettings({})
  const settings: Record<string, SchemaNode> = {}
  for (const [name, node] of Object.entries(properties)) {
    if (NOT_IN_JSON.has(name)) continue
    settings[name] = describe(name, node)
    if (name in defaults) settings[name]['default'] = defaults[name]
  }
  return {
    ...rest,
    title: 'Settings of Facsimile',
    properties: {
      $schema: { description: 'address of this schema, for editors', type: 'string' },
      ...settings,
    },
  }
}

/** The node with the meaning of `path` and of all that it holds. */
function describe(path: string, node: SchemaNode): SchemaNode {
  const { properties, items, anyOf, ...rest } = IN_JSON[path]?.(node) ?? node
  const description = SETTING_MEANINGS[path]
  return {
    ...(description !== undefined && { description }),
    ...rest,
    ...(items !== undefined && { items: describeParts(path, items) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map((choice) => describeParts(path, choice)) }),
    ...(properties !== undefined && describeParts(path, { properties })),
  }
}

function describeParts(path: string, node: SchemaNode): SchemaNode {
  const { properties, ...rest } = node
  if (properties === undefined) return node
  const parts = Object.entries(properties).map(([name, part]) => [name, describe(`${path}.${name}`, part)])
  return { ...rest, properties: Object.fromEntries(parts) as Record<string, SchemaNode> }
}

/** Of several choices the first, which is the one that JSON can hold. */
function withoutOthers({ anyOf = [], ...rest }: SchemaNode): SchemaNode {
  return { ...rest, ...anyOf[0] }
}

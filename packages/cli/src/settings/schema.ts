// What the JSON Schema of the settings tells about each of them: which variables set it, and how their text is read.
import { createSettingsSchema } from '@facsimile/core'

interface SchemaNode {
  readonly type?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
}

/** How the text of a variable becomes a value. `offOr…`: `false` is a value of its own. */
export type TextForm = 'switch' | 'number' | 'text' | 'list' | 'json' | 'offOrText' | 'offOrJson'

export interface KnownVariable {
  /** `FACSIMILE_CLIENT_ADDRESS_SOURCE` */
  readonly name: string
  /** `clientAddress.source`, or `clientAddress` for all of it. */
  readonly setting: string
  readonly part?: string
  readonly form: TextForm
}

export const VARIABLE_PREFIX = 'FACSIMILE_'

const { properties = {} } = createSettingsSchema() as SchemaNode
const settings = Object.entries(properties).filter(([name]) => name !== '$schema')

/** The default of each setting that has one. */
export const DEFAULTS: ReadonlyMap<string, unknown> = new Map(settings.map(([name, node]) => [name, node.default]))

/** A variable for each setting that JSON can hold, and for each part of those that are objects. */
export const KNOWN_VARIABLES: readonly KnownVariable[] = settings.flatMap(([setting, node]) => [
  { name: variableName(setting), setting, form: formOf(node) },
  ...Object.entries(partsOf(node)).map(([part, partNode]) => ({
    name: `${variableName(setting)}_${capitals(part)}`,
    setting,
    part,
    form: formOf(partNode),
  })),
])

function variableName(setting: string): string {
  return VARIABLE_PREFIX + capitals(setting)
}

function capitals(name: string): string {
  return name.replace(/[A-Z]/g, '_$&').toUpperCase()
}

function partsOf({ properties: parts, anyOf = [] }: SchemaNode): Readonly<Record<string, SchemaNode>> {
  return parts ?? anyOf.find((choice) => choice.properties !== undefined)?.properties ?? {}
}

function formOf({ type, items, anyOf = [] }: SchemaNode): TextForm {
  if (anyOf.length > 0) return anyOf.some((choice) => choice.type === 'object') ? 'offOrJson' : 'offOrText'
  if (type === 'boolean') return 'switch'
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'array') return items?.type === 'object' ? 'json' : 'list'
  return type === 'object' ? 'json' : 'text'
}

// Where a file of JSON has lists of address ranges, by names such as `result.ipv4_cidrs` or `values.0.cidrs`.

/** Files of services have their lists at the top, or a few steps down. */
const MAX_DEPTH = 5
/** A list is known by its first entries; the first that is none of its kind is named when the list is read. */
const LOOKED_AT = 3

/** What stands under `name`, each part of which is a member or a position; the empty name is `value` itself. */
export function memberAt(value: unknown, name: string): unknown {
  if (name === '') return value
  let found = value
  for (const part of name.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return undefined
    found = (found as Readonly<Record<string, unknown>>)[part]
  }
  return found
}

/** The names of all lists in `value` whose first entries are ranges, in their order. */
export function findRangeLists(value: unknown, isRange: (entry: unknown) => boolean): readonly string[] {
  const names: string[] = []
  const look = (node: unknown, path: readonly string[]): void => {
    if (typeof node !== 'object' || node === null || path.length > MAX_DEPTH) return
    if (Array.isArray(node) && node.length > 0 && node.slice(0, LOOKED_AT).every(isRange)) names.push(path.join('.'))
    else for (const [key, member] of Object.entries(node)) look(member, [...path, key])
  }
  look(value, [])
  return names
}

// Dictionaries of structured header fields (RFC 9651, 3.2): `Repr-Digest` and `Facsimile-Page`.

export type StructuredValue = string | number | boolean | Date | Buffer

/** Key, and an item or nothing behind it. Inner lists are not used by the fields that we read. */
const MEMBER =
  /^([a-z*][\w.*-]*)(?:=(?:"((?:[ !#-[\]-~]|\\["\\])*)"|:([A-Za-z0-9+/=]*):|@(-?\d{1,15})|(-?\d{1,12}\.\d{1,3}|-?\d{1,15})|\?([01])|([A-Za-z*][\w:/!#$%&'*+.^`|~-]*)))?(?:;[^,"]*)?$/

/** `undefined` for what is no such dictionary. A key that comes twice has its last value (RFC 9651, 4.2.2). */
export function parseDictionary(text: string): ReadonlyMap<string, StructuredValue> | undefined {
  const members = new Map<string, StructuredValue>()
  for (const [part] of text.matchAll(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g)) {
    const match = MEMBER.exec(part.trim())
    if (match === null) return undefined
    const [, key = '', quoted, base64, date, number, boolean, token] = match
    members.set(key, valueOf({ quoted, base64, date, number, boolean, token }))
  }
  return members
}

type Forms = Record<'quoted' | 'base64' | 'date' | 'number' | 'boolean' | 'token', string | undefined>

function valueOf({ quoted, base64, date, number, boolean, token }: Forms): StructuredValue {
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1')
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  if (date !== undefined) return new Date(Number(date) * 1000)
  if (number !== undefined) return Number(number)
  return token ?? boolean !== '0'
}

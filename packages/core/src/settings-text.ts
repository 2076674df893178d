// Reads settings from the text of a file.
import { types } from 'node:util'
import { FacsimileError } from './errors.js'

/** The object that the JSON `text` holds; `name` is the file in errors. Throws `SETTINGS_INVALID`. */
export function readSettingsText(text: string, name: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    const reason = types.isNativeError(cause) ? cause.message : String(cause)
    throw new FacsimileError('SETTINGS_INVALID', `${JSON.stringify(name)} is not JSON: ${reason}.`, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FacsimileError('SETTINGS_INVALID', `${JSON.stringify(name)} holds no object with settings.`)
  }
  const { $schema: _schema, ...settings } = value as Record<string, unknown>
  return settings
}

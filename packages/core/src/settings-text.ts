// The text of a settings file, read into the object that createFacsimile takes.
import { FacsimileError } from './errors.js'
import { readJsonText } from './strict-json.js'

/**
 * The settings in `text`, JSON with one object; nothing of them is checked yet. `name` is the file, for errors. A
 * `$schema` beside the settings serves editors and is dropped. Throws `SETTINGS_INVALID` with file, line and column.
 */
export function readSettingsText(text: string, name: string): Record<string, unknown> {
  const value = readJsonText(text, name)
  if (!isObject(value)) {
    const kind = Array.isArray(value) ? 'a list' : JSON.stringify(typeof value === 'string' ? 'text' : value)
    throw invalid(name, `holds ${kind}; write an object with settings, such as { "snippets": [] }`)
  }
  const { $schema, ...settings } = value
  if ($schema !== undefined && typeof $schema !== 'string') {
    throw invalid(name, 'has a `$schema` that is no text; write the address of the schema, or leave it out')
  }
  return settings
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(name: string, problem: string): FacsimileError {
  return new FacsimileError('SETTINGS_INVALID', `${JSON.stringify(name)}, line 1, column 1: it ${problem}.`)
}

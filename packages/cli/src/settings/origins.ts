// Where each setting in force comes from.
import type { SiteSettings } from './site-settings.js'

export interface Origin {
  readonly origin: 'default' | 'file' | 'variable'
  /** The file, or the variables that have a say in the value. */
  readonly from?: readonly string[]
}

export function originOf(setting: string, { file, written, variables }: SiteSettings): Origin {
  const names = variables.filter((variable) => variable.setting === setting).map(({ name }) => name)
  if (names.length > 0) return { origin: 'variable', from: names }
  const isWritten = typeof written === 'object' && written !== null && setting in written
  return isWritten && file !== undefined ? { origin: 'file', from: [file] } : { origin: 'default' }
}

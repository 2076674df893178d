// Reads a response's own Content-Security-Policy, and adds sources to it where the settings allow that.
import { addSources, takeNoncesOut, type AddedSource, type PagePolicies } from '@facsimile/core'
import type { Response } from './http-types.js'
import type { HeaderReader } from './response-headers.js'

const ENFORCED = 'content-security-policy'
const REPORTED = 'content-security-policy-report-only'

/** `undefined` for a response without policies. */
export function policiesOf(header: HeaderReader): PagePolicies | undefined {
  const enforced = header(ENFORCED)
  const reported = header(REPORTED)
  return enforced === undefined && reported === undefined ? undefined : takeNoncesOut(enforced, reported)
}

/** The header keeps its lines. */
export function addToPolicies(res: Response, added: readonly AddedSource[]): void {
  if (added.length === 0) return
  const value = res.getHeader(ENFORCED)
  const isList = Array.isArray(value)
  const lines = addSources(isList ? value : [String(value)], added)
  res.setHeader('Content-Security-Policy', isList ? lines : lines.join())
}

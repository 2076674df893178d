// The path that a viewer typed to have it explained.
import type { Settings } from '@facsimile/core'
import { hasPath } from '../http-types.js'
import { isBelow } from './routes.js'

const MAX_CHARS = 2_048

export type TypedPath = { readonly path: string } | { readonly typed: string; readonly refusal: string }

/** A path of this site, of a path or of a whole URL; `undefined` when nothing was typed. */
export function readTypedPath(
  query: string,
  { fetchPath, debugPath }: Pick<Settings, 'fetchPath' | 'debugPath'>,
): TypedPath | undefined {
  const typed = new URLSearchParams(query).get('path')?.trim() ?? ''
  if (typed === '') return undefined
  if (typed.length > MAX_CHARS) return refuse(typed.slice(0, 80), `It is longer than ${MAX_CHARS} characters.`)
  const isUrl = /^https?:\/\//i.test(typed)
  if (!isUrl && !typed.startsWith('/')) return refuse(typed, 'Write a path of this site that starts with /.')
  const base = 'http://site.invalid'
  // Two slashes at the start would name another host.
  const text = isUrl ? typed : base + typed
  if (!URL.canParse(text)) return refuse(typed, 'Write a path such as /account, or the whole URL of a page.')
  const { pathname, search } = new URL(text)
  const path = pathname + search
  // The debug page would explain itself explaining itself, and so on.
  if (isBelow(path, debugPath)) return refuse(typed, 'That is the debug page, which is never recorded.')
  if (hasPath(path, fetchPath)) return refuse(typed, 'That is the fetcher: it hands pages over, and is none.')
  return { path }
}

function refuse(typed: string, refusal: string): TypedPath {
  return { typed, refusal }
}

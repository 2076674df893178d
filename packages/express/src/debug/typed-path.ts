// The path that a viewer typed to have it explained.

const MAX_CHARS = 2_048

export type TypedPath = { readonly path: string } | { readonly typed: string; readonly refusal: string }

/** A path of this site, of a path or of a whole URL; `undefined` when nothing was typed. */
export function readTypedPath(query: string): TypedPath | undefined {
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
  return { path: pathname + search }
}

function refuse(typed: string, refusal: string): TypedPath {
  return { typed, refusal }
}

// An address as the screen, and the log of whatever runs this command, may keep it.
import { maskPageToken, type PageToken } from '@facsimile/core'

/**
 * Without the user name, the fragment and the values of its query, any of which may let somebody in as the visitor; the
 * names stay, and the end of `token`.
 */
export function showUrl({ origin, pathname, search }: URL, token?: PageToken): string {
  const pieces = search === '' ? [] : search.slice(1).split('&')
  const query = pieces.map((piece) => showPiece(piece, token)).join('&')
  const shown = `${origin}${pathname}${query === '' ? '' : `?${query}`}`
  return token === undefined ? shown : shown.replaceAll(token, maskPageToken(token))
}

function showPiece(piece: string, token: PageToken | undefined): string {
  const equals = piece.indexOf('=')
  const [name, value] = equals < 0 ? ['', piece] : [piece.slice(0, equals + 1), piece.slice(equals + 1)]
  return name + (value === '' || value === token ? value : '…')
}

/** `text` with `url` shown in its place: what others say of a request names it whole. */
export function maskUrlIn(text: string, url: URL): string {
  return text.replaceAll(url.href, showUrl(url))
}

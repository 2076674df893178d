// The tail rule once more, written down from its sentence in the README over the tokens of parse5's tokenizer.
import { Tokenizer, type Token } from 'parse5'

export const MAX_TAIL_BYTES = 512

/** What begins at the start of a text that goes on to the end of the page; `partial` is a tag that the end cuts short. */
type TailKind = 'body' | 'html' | 'partial'

/** The last two are what the end of the page may have cut short. */
const FOLLOWERS = new Set([' ', '<!--', '</html>', '<', '</'])

/** Where the body-end snippet belongs in `page`, of which the head ends at `from`; one character is one byte. */
export function findTailPlace(page: string, from: number): number {
  const tails: { readonly at: number; readonly kind: TailKind }[] = []
  const earliest = Math.max(from, page.length - MAX_TAIL_BYTES)
  for (let at = page.indexOf('<', earliest); at !== -1; at = page.indexOf('<', at + 1)) {
    const kind = readTail(page.slice(at))
    if (kind !== undefined) tails.push({ at, kind })
  }
  const last = tails.findLast(({ kind }) => kind === 'body')
  return (last ?? tails.find(({ kind }) => kind === 'html') ?? tails[0])?.at ?? page.length
}

/** What the tail rule takes `text` for; `undefined` when it is no tail. */
export function readTail(text: string): TailKind | undefined {
  if (!/^<\/?(?:[bh]|$)/i.test(text)) return undefined
  const { tokens, leftOver } = readTokens(text)
  const [first, ...followers] = tokens
  if (first === undefined) return isCutShort(leftOver, 'body') || isCutShort(leftOver, 'html') ? 'partial' : undefined
  if (first === '<' || first === '</') return 'partial'
  if (first !== '</body>' && first !== '</html>') return undefined
  const isTail = followers.every((token) => FOLLOWERS.has(token)) && (leftOver === '' || isCutShort(leftOver, 'html'))
  if (!isTail) return undefined
  return first === '</body>' ? 'body' : 'html'
}

/** Whether `text` is the beginning of the end tag `name`, without its end. */
function isCutShort(text: string, name: string): boolean {
  const tag = `</${name}`
  const begun = text.slice(0, tag.length).toLowerCase()
  return text.length <= tag.length ? tag.startsWith(begun) : begun === tag && /[\t\n\f\r /]/.test(text[tag.length]!)
}

/** A word for each token, and what the tokenizer dropped at the end. */
function readTokens(text: string): { readonly tokens: readonly string[]; readonly leftOver: string } {
  const tokens: string[] = []
  let end = 0
  const sourceOf = ({ location }: Token.Token) => text.slice(location?.startOffset, location?.endOffset)
  const note = ({ location }: Token.Token, word: string) => {
    if (location?.startOffset !== end) tokens.push('nothing')
    tokens.push(word)
    end = location?.endOffset ?? end
  }
  const noteText = (token: Token.CharacterToken) => {
    const isLast = token.location?.endOffset === text.length
    note(token, isLast && /^<\/?$/.test(token.chars) ? token.chars : 'text')
  }
  const tokenizer = new Tokenizer(
    { sourceCodeLocationInfo: true },
    {
      onComment: (token) => {
        const source = sourceOf(token)
        const isCutShort = source.length + (token.location?.startOffset ?? 0) === text.length && /^<!-?$/.test(source)
        note(token, source.startsWith('<!--') || isCutShort ? '<!--' : 'bogus comment')
      },
      onDoctype: (token) => note(token, 'doctype'),
      onStartTag: (token) => note(token, 'start tag'),
      onEndTag: (token) => note(token, `</${token.tagName}>`),
      onEof: () => undefined,
      onCharacter: noteText,
      onNullCharacter: noteText,
      // Its location takes in a `</>` that follows, which is no token.
      onWhitespaceCharacter: (token) => note(token, /^[\t\n\f\r ]*$/.test(sourceOf(token)) ? ' ' : 'nothing'),
    },
  )
  tokenizer.write(text, true)
  return { tokens, leftOver: text.slice(end) }
}

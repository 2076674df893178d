// A word of the one table, with the kind under which it stands there.
import { WORDS, type Explanation, type WordKind } from '@facsimile/core'

export type Word = {
  [Kind in WordKind]: { readonly kind: Kind; readonly word: keyof (typeof WORDS)[Kind] }
}[WordKind]

/** Its meaning, and its remedy. */
export function sentencesOf({ kind, word }: Word): Explanation {
  const words: Readonly<Record<string, Explanation | undefined>> = WORDS[kind]
  const sentences = words[word]
  if (sentences === undefined) throw new Error(`${kind} has no word ${JSON.stringify(word)}`)
  return sentences
}

/** `undefined` for what stands under no such kind: a server may be newer than this command. */
export function readWord<Kind extends WordKind>(
  kind: Kind,
  text: string | undefined,
): Extract<Word, { kind: Kind }> | undefined {
  if (text === undefined || !Object.hasOwn(WORDS[kind], text)) return undefined
  return { kind, word: text } as Extract<Word, { kind: Kind }>
}

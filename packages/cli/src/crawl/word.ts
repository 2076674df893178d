// A word of the one table, with the kind under which it stands there, and how commands show it.
import { WORDS, type Explanation, type WordKind } from '@facsimile/core'
import { printable, type Styles } from '../terminal.js'

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

/** A word with what was seen and a nearer reason, where there are any. */
export interface SaidWord {
  readonly word: Word
  readonly said?: string
  /** Its remedy is the one to follow. */
  readonly because?: Word | undefined
}

/** What is to be followed: that of the nearer reason, where one is known. */
export function remedyOf({ word, because }: SaidWord): string {
  return sentencesOf(because ?? word)[1]
}

export function wordToJson(word: Word) {
  return { kind: word.kind, word: word.word, meaning: sentencesOf(word)[0] }
}

/** The word behind its mark, then its meaning and what to do about it: a line each. */
export function describeWord(problem: SaidWord, mark: string, styles: Styles): readonly string[] {
  const { word, said, because } = problem
  const seen = said === undefined ? '' : `  ${styles.faint(printable(said))}`
  return [
    `${mark} ${styles.title(word.word)}${seen}`,
    `  ${sentencesOf(word)[0]}`,
    ...(because === undefined ? [] : [`  ${because.word}: ${sentencesOf(because)[0]}`]),
    `  ${styles.good('→')} ${remedyOf(problem)}`,
  ]
}

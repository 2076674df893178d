// Letters that are not ASCII, as bytes of the charsets in which pages come: one character here is one byte.
import type { Random } from './random.js'

export const CHARSETS = ['utf-8', 'windows-1252', 'shift_jis', 'euc-jp', 'big5', 'gb18030'] as const
export type Charset = (typeof CHARSETS)[number]

/** Second bytes that look like the letters of `</body>`, `<head>`, `<script>`, and like `\`, `|`, `{`, `[` and `@`. */
const LOOK_ALIKES = Array.from('bodyheadscriptmlBODY\\|{[@')

/** Bytes that make no character in UTF-8: lone trail bytes, cut sequences, `<` and `/` in more bytes than they need. */
const NOT_UTF8 = ['\x80', '\xbf', '\xc3', '\xe3\x81', '\xf0\x9f\x98', '\xc0\xbc', '\xe0\x80\xbc', '\xc0\xaf', '\xff']
const UTF8 = ['é', 'ß', '漢字', '😀', '\u2028', '\u00a0', '\u0085', '\ufeff', '\u212a', '\u017f'].map((text) =>
  Buffer.from(text).toString('latin1'),
)

/** One to three characters, or a broken one. */
export function createLetters(charset: Charset, random: Random): string {
  let letters = ''
  for (let count = random.integer(1, 3); count > 0; count--) letters += createLetter(charset, random)
  return letters
}

function createLetter(charset: Charset, random: Random): string {
  const byte = (least: number, most: number) => String.fromCharCode(random.integer(least, most))
  switch (charset) {
    case 'utf-8':
      return random.oneIn(5) ? random.pick(NOT_UTF8) : random.pick(UTF8)
    case 'windows-1252':
      return byte(0x80, 0xff)
    case 'shift_jis':
      return random.oneIn(3) ? byte(0xa1, 0xdf) : `\x83${random.pick(LOOK_ALIKES)}`
    case 'euc-jp':
      return random.oneIn(3) ? `\x8f${byte(0xb0, 0xe0)}${byte(0xa1, 0xfe)}` : `${byte(0xb0, 0xcf)}${byte(0xa1, 0xfe)}`
    case 'big5':
      return `${byte(0xa4, 0xc5)}${random.pick(LOOK_ALIKES)}`
    case 'gb18030':
      return random.oneIn(3)
        ? `\x81${byte(0x30, 0x39)}\x81${byte(0x30, 0x39)}`
        : `${byte(0x81, 0xa0)}${random.pick(LOOK_ALIKES)}`
  }
}

/** The text that bytes are in a charset; a byte order mark is no part of it. */
export function decode(bytes: string, charset: Charset): string {
  return new TextDecoder(charset).decode(Buffer.from(bytes, 'latin1'))
}

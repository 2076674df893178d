// Finds the end tag of elements whose content is text: title, style and their like, and script with its escapes.
// Source: HTML Living Standard, 13.2.5.2 to 13.2.5.31. It keeps its place between calls and never asks for bytes back.
import { BANG, DASH, endsName, GREATER_THAN, isLetter, LESS_THAN, SLASH } from './markup.js'

export interface RawTextScanner {
  /** The offset of the byte that follows the end tag's name, or -1 when the data ends first. */
  findEndTag(data: Buffer, from: number): number
}

const RAW_TEXT = new Set('title style noscript noframes textarea xmp iframe noembed'.split(' '))

/** Finds the end of the text that a start tag of this name begins; `undefined` where markup follows. */
export function rawTextOf(name: string): RawTextScanner | undefined {
  if (name === 'script') return createScriptScanner()
  if (name === 'plaintext') return endlessText
  return RAW_TEXT.has(name) ? createRawTextScanner(name) : undefined
}

/** For every element but script: the first `</name` that is followed by white space, `/` or `>`. */
function createRawTextScanner(name: string): RawTextScanner {
  const wanted = `</${name}`
  let matched = 0
  return {
    findEndTag(data, from) {
      let at = from
      while (at < data.length) {
        if (matched === 0) {
          at = data.indexOf(LESS_THAN, at)
          if (at === -1) return -1
          matched = 1
          at++
          continue
        }
        const byte = data[at]!
        if (matched === wanted.length) {
          matched = 0
          if (endsName(byte)) return at
          continue
        }
        const lower = isLetter(byte) ? byte | 0x20 : byte
        if (lower !== wanted.charCodeAt(matched)) {
          matched = 0
          continue
        }
        matched++
        at++
      }
      return -1
    },
  }
}

/** What follows `<plaintext>`: nothing ends it. */
const endlessText: RawTextScanner = { findEndTag: () => -1 }

/** In a script `<!--` begins escaped text, in which `<script` hides the next `</script`. */
type ScriptLevel = 'plain' | 'escaped' | 'double-escaped'

const END_OF_SCRIPT = '</script'

function createScriptScanner(): RawTextScanner {
  let level: ScriptLevel = 'plain'
  let dashes = 0
  // What has been read of a construct that begins with `<`, in lower case; never longer than END_OF_SCRIPT and one more.
  let word = ''

  /** Takes a byte that continues `word`; answers whether it was taken, or that the script ends before it. */
  function extendWord(byte: number): 'taken' | 'refused' | 'end' {
    if (word === '<' && byte === SLASH) word = '</'
    else if (word === '<' && byte === BANG && level === 'plain') word = '<!'
    else if (word === '<!' && byte === DASH) word = '<!-'
    else if (word === '<!-' && byte === DASH) {
      level = 'escaped'
      dashes = 2
      word = ''
    } else if (isLetter(byte) && takesLetters()) {
      if (word.length <= END_OF_SCRIPT.length) word += String.fromCharCode(byte | 0x20)
    } else if (endsName(byte) && word === END_OF_SCRIPT && level !== 'double-escaped') return 'end'
    else if (endsName(byte) && word === END_OF_SCRIPT) return closeWord('escaped')
    else if (endsName(byte) && word === '<script' && level === 'escaped') return closeWord('double-escaped')
    else return 'refused'
    return 'taken'
  }

  function takesLetters(): boolean {
    return word.startsWith('</') || level === 'escaped'
  }

  function closeWord(next: ScriptLevel): 'taken' {
    level = next
    dashes = 0
    word = ''
    return 'taken'
  }

  function takePlainByte(byte: number): void {
    if (byte === LESS_THAN) word = '<'
    else if (byte === GREATER_THAN && dashes === 2) level = 'plain'
    dashes = byte === DASH ? Math.min(2, dashes + 1) : 0
  }

  return {
    findEndTag(data, from) {
      for (let at = from; at < data.length; at++) {
        if (word === '' && level === 'plain') {
          at = data.indexOf(LESS_THAN, at)
          if (at === -1) return -1
        }
        const byte = data[at]!
        if (word !== '') {
          const taken = extendWord(byte)
          if (taken === 'end') {
            word = ''
            return at
          }
          if (taken === 'taken') continue
          word = ''
        }
        takePlainByte(byte)
      }
      return -1
    },
  }
}

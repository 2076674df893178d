// Names of charsets, and in which of them a page can be worked on byte by byte.

/** Encodings in which the byte 0x3C may be no `<`. TextDecoder knows UTF-7, UTF-32 and HZ under no name. */
const NOT_ASCII_BASED = /^(?:utf-16|iso-2022|replacement)/

/** The standard's name (WHATWG Encoding) of a charset that is a superset of ASCII; `undefined` for any other label. */
export function asciiBasedCharset(label: string): string | undefined {
  try {
    const { encoding } = new TextDecoder(label)
    return NOT_ASCII_BASED.test(encoding) ? undefined : encoding
  } catch {
    return undefined
  }
}

// The word of which header names and bare parameter values are made.

/** RFC 9110, 5.6.2: `token = 1*tchar`. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

export function isHeaderToken(text: string): boolean {
  return TOKEN.test(text)
}

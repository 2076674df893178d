// Proves that snippets may stand in XHTML: one that is not well-formed would break every such page that it is put into.
import { SaxesParser } from 'saxes'
import { FacsimileError } from './errors.js'
import type { Snippet } from './snippet.js'

/**
 * What a placeholder may become, as long as the placeholder, so that a fault is found where it was written. Tokens and
 * nonces can hold `--`, which no XML comment may; without a store or a policy they are empty.
 */
const STAND_INS: readonly Readonly<Record<string, string>>[] = [
  { '%FetchUrl%': '"/f?t=--a"', '%CacheToken%': '--AZaz09_-_-', '%Nonce%': '--+/_--' },
  { '%FetchUrl%': 'null      ', '%CacheToken%': '            ', '%Nonce%': '       ' },
]
const XHTML = 'http://www.w3.org/1999/xhtml'
/** The elements that HTML knows to be empty; any other one that closes itself stays open there, and swallows the page. */
const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '))

/** Throws a FacsimileError (`SETTINGS_INVALID`) that names the first snippet that is no well-formed XML, and where. */
export function refuseMalformedSnippets(snippets: readonly Snippet[]): void {
  snippets.forEach(({ name, html }, index) => {
    const fault = STAND_INS.map((values) => findFault(html, values)).find((found) => found !== undefined)
    if (fault === undefined) return
    throw new FacsimileError(
      'SETTINGS_INVALID',
      `The settings cannot be used: \`snippets[${index}].html\` (${JSON.stringify(name)}) is not well-formed XML at ${fault}. ` +
        'Where `xhtml` is true, close every tag, put every attribute in quotes, and write a script that holds < or & between lines with //<![CDATA[ and //]]>.',
    )
  })
}

/** Where the text is not well-formed and why: its line and column, from 1, and what the parser says. */
function findFault(html: string, standIns: Readonly<Record<string, string>>): string | undefined {
  const parser = new SaxesParser({ xmlns: true })
  let fault: string | undefined
  parser.on('error', ({ message }) => {
    const [, line = '', column = '', reason = message] = /^(\d+):(\d+): ([^]*)$/.exec(message) ?? []
    fault ??= `line ${Number(line) - 1}, column ${column}: ${reason.replace(/\.$/, '')}`
  })
  parser.on('opentag', ({ isSelfClosing, local, uri }) => {
    if (isSelfClosing && uri === XHTML && !VOID.has(local)) parser.fail(`<${local}/> stays open in HTML pages.`)
  })
  // On a line of its own, so that columns are the snippet's. What closes the root too early leaves its end tag alone.
  parser.write(`<html xmlns="${XHTML}">\n`)
  parser.write(html.replace(/%(?:FetchUrl|CacheToken|Nonce)%/g, (placeholder) => standIns[placeholder] ?? placeholder))
  parser.write('</html>').close()
  return fault
}

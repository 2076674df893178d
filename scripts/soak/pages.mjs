// The pages of the soak: of given sizes, with traps for whoever looks for their end, and with the number of the visit in
// each, so that a page that came to the wrong visitor is told from the right one.

const KIB = 1024
const VISIT_DIGITS = 9
const NO_VISIT = '#'.repeat(VISIT_DIGITS)

export const HEAD_SNIPPET = '<script>window.soak=1</script>'
export const END_SNIPPET = '<script>window.FetchFrom=%FetchUrl%</script>'
export const FETCH_PATH = '/facsimile'
/** Whom the server takes for the crawler, by X-Forwarded-For. */
export const CRAWLER_ADDRESS = '203.0.113.9'

const OPENING = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Visit ${NO_VISIT} – 40 € off</title></head>
<body class="list">
<!-- no end: </body></html> -->
<script>window.shop = { end: "<\\/body>", visit: "${NO_VISIT}" };</script>
`
const END = '</main>\n</body>\n</html>\n'
const FILLER = `<article data-stock='{"left":7}'><h2>Café table &amp; chair</h2><p>Made in Besançon <em>a &lt; b</em></p></article>\n`

const END_URL = END_SNIPPET.split('%FetchUrl%')[0] + `"${FETCH_PATH}?t=`
const TOKEN_LENGTH = 32

const templates = new Map()

/** The page of one visit, exactly `kib` times 1024 bytes long; the memory is the caller's. */
export function pageOf(kib, visit) {
  const { bytes, places } = templateOf(kib)
  const page = Buffer.from(bytes)
  for (const place of places) page.write(String(visit).padStart(VISIT_DIGITS, '0'), place, 'latin1')
  return page
}

/** `page` as a visitor must get it. */
export function withSnippets(page, token) {
  const head = page.indexOf('</head>')
  const end = page.lastIndexOf('</body>')
  const endSnippet = END_SNIPPET.replace('%FetchUrl%', `"${fetchUrlOf(token)}"`)
  return Buffer.concat([
    page.subarray(0, head),
    Buffer.from(HEAD_SNIPPET),
    page.subarray(head, end),
    Buffer.from(endSnippet),
    page.subarray(end),
  ])
}

/** The token that a page carries, if any. */
export function tokenIn(page) {
  const at = page.lastIndexOf(END_URL)
  if (at === -1) return undefined
  const from = at + END_URL.length
  return page.toString('latin1', from, from + TOKEN_LENGTH)
}

export function fetchUrlOf(token) {
  return `${FETCH_PATH}?t=${token}`
}

function templateOf(kib) {
  const known = templates.get(kib)
  if (known !== undefined) return known
  const space = kib * KIB - Buffer.byteLength(OPENING) - END.length
  const filler = Buffer.from(FILLER)
  const whole = Buffer.alloc(Math.floor(space / filler.length) * filler.length, filler)
  const bytes = Buffer.concat([Buffer.from(OPENING), whole, Buffer.alloc(space - whole.length, ' '), Buffer.from(END)])
  const template = { bytes, places: placesOf(bytes) }
  templates.set(kib, template)
  return template
}

function placesOf(bytes) {
  const places = []
  for (let at = bytes.indexOf(NO_VISIT); at !== -1; at = bytes.indexOf(NO_VISIT, at + 1)) places.push(at)
  return places
}

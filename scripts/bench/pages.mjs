// The pages that the benchmark serves: realistic, different in size, and the same bytes in every run.

const KIB = 1024
const CHUNK_BYTES = 16 * KIB
const HUGE_PAGE_BYTES = 20 * KIB * KIB
const OPENING_BYTES = 2 * KIB
const THANKS = 'Thank you for your visit. '

/** What is measured, in the order of the table: `path` is the route, `kind` says whether a snippet belongs in it. */
export const CASES = Object.freeze([
  { name: 'send-10kb', label: '10 KB page, one shot', path: '/send/10', kind: 'html' },
  { name: 'send-100kb', label: '100 KB page, one shot', path: '/send/100', kind: 'html' },
  { name: 'send-1mb', label: '1 MB page, one shot', path: '/send/1024', kind: 'html' },
  { name: 'stream-10kb', label: '10 KB page, streamed', path: '/stream/10', kind: 'html' },
  { name: 'stream-100kb', label: '100 KB page, streamed', path: '/stream/100', kind: 'html' },
  { name: 'stream-1mb', label: '1 MB page, streamed', path: '/stream/1024', kind: 'html' },
  { name: 'json-100kb', label: '100 KB JSON', path: '/json', kind: 'other' },
  { name: 'png-20kb', label: '20 KB PNG', path: '/png', kind: 'other' },
])

/** Pages that are long enough to be felt by whoever asks for something else meanwhile. */
export const LONG_CASES = Object.freeze([
  { name: 'send-10mb', label: '10 MB page, one shot', path: '/send/10240', kind: 'html' },
  { name: 'stream-10mb', label: '10 MB page, streamed', path: '/stream/10240', kind: 'html' },
])

/** Sizes of the pages under `/send/` and `/stream/`, in units of 1024 bytes. */
export const PAGE_SIZES_KIB = [10, 100, 1024, 10_240]

/** A page of a small shop, exactly `bytes` long in UTF-8. */
export function createPage(bytes) {
  const end =
    '</main>\n<footer><p>Prices include VAT. </p></footer>\n<script src="/assets/shop.js" defer></script>\n</body>\n</html>\n'
  const parts = [pageHead()]
  let length = Buffer.byteLength(parts[0]) + end.length
  for (let index = 0; ; index += 1) {
    const part = article(index)
    const partLength = Buffer.byteLength(part)
    if (length + partLength > bytes) break
    parts.push(part)
    length += partLength
  }
  const rest = bytes - length
  return parts.join('') + end.replace('VAT. ', `VAT. ${THANKS.repeat(Math.ceil(rest / THANKS.length)).slice(0, rest)}`)
}

/** The bytes of the page that `path` ends in the size of. */
export function pageBytesOf({ path }) {
  return Number(path.split('/').at(-1)) * KIB
}

/** `page` in the pieces in which a renderer would write it. */
export function* chunksOf(page) {
  for (let start = 0; start < page.length; start += CHUNK_BYTES) yield page.subarray(start, start + CHUNK_BYTES)
}

/** A page of 20 MB whose chunks are made one by one, so that nobody but a filter can be holding them. */
export function* hugePageChunks() {
  const page = Buffer.from(createPage(CHUNK_BYTES))
  const bodyEnd = page.indexOf('</main>')
  const filler = Buffer.from(article(7).repeat(CHUNK_BYTES)).subarray(0, CHUNK_BYTES)
  yield page.subarray(0, bodyEnd)
  for (let sent = page.length; sent + CHUNK_BYTES <= HUGE_PAGE_BYTES; sent += CHUNK_BYTES) yield Buffer.from(filler)
  yield page.subarray(bodyEnd)
}

/** A page in two parts, the first of which holds the whole head: what a handler writes before it asks its database. */
export function openingAndRest() {
  const page = Buffer.from(createPage(10 * KIB))
  return [page.subarray(0, OPENING_BYTES), page.subarray(OPENING_BYTES)]
}

/** 100 KB of JSON, which no filter has any business with. */
export function createJson() {
  const rows = Array.from({ length: 900 }, (_, id) => ({
    id,
    name: productName(id),
    price: 100 + ((id * 37) % 900),
    tags: ['shop', `t${id % 17}`],
  }))
  const text = JSON.stringify({ rows, note: '' })
  return Buffer.from(`${text.slice(0, -2)}${'.'.repeat(100 * KIB - Buffer.byteLength(text))}"}`)
}

/** 20 KB that begin like a PNG and continue like noise. */
export function createImage() {
  const image = Buffer.alloc(20 * KIB)
  let state = 1
  for (let index = 0; index < image.length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    image[index] = state >>> 24
  }
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]).copy(image)
  return image
}

/** The bytes that bare Express sends for one of `CASES` or `LONG_CASES`. */
export function expectedBody(testCase) {
  if (testCase.path === '/json') return createJson()
  if (testCase.path === '/png') return createImage()
  return Buffer.from(createPage(pageBytesOf(testCase)))
}

function pageHead() {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="X-UA-Compatible" content="IE=edge">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="Lamps, chairs &amp; tables &ndash; made to last">
<meta property="og:title" content="The Lamp Shop">
<title>The Lamp Shop – café tables, 40 € off</title>
<link rel="stylesheet" href="/assets/shop.css">
<link rel="preload" href="/assets/inter.woff2" as="font" type="font/woff2" crossorigin>
<link rel="icon" href="/favicon.ico" sizes="any">
<!-- critical styles first: they keep the page from jumping -->
<style>
  :root { --ink: #222; --paper: #fff } body { margin: 0; color: var(--ink); background: var(--paper) }
  nav ul > li { display: inline-block; padding: 0 .5em } .card::after { content: ""; display: none }
</style>
<script>window.shop = { basket: [], locale: "en", end: "<\\/body>" };</script>
<script type="application/ld+json">{"@context":"https://schema.org","@type":"Store","name":"The Lamp Shop"}</script>
</head>
<body class="list wide" data-page="catalogue">
<nav aria-label="Main"><ul><li><a href="/">Home</a></li><li><a href="/lamps?sort=price&amp;page=2">Lamps</a></li><li><a href="/basket">Basket (2)</a></li></ul></nav>
<main id="content">
`
}

function article(index) {
  const name = productName(index)
  const price = 10 + ((index * 13) % 190)
  return `<!-- product ${index} -->
<article class="card" id="p-${index}" data-sku="SKU-${1000 + index}" data-stock='{"left":${(index * 7) % 23}}'>
  <header><h2><a href="/products/${index}" title="${name} &mdash; details">${name}</a></h2></header>
  <div class="media"><img src="/img/${index}.webp" alt="${name}" width="320" height="240" loading="lazy"></div>
  <div class="text"><p>Hand-made in Besançon &amp; shipped within <strong>${1 + (index % 5)} days</strong>; <em>a &lt; b</em>.</p>
    <ul><li>Oak<li>Brass<li>Width: ${40 + (index % 60)} cm</ul></div>
  <form method="post" action="/basket"><input type="hidden" name="sku" value="${1000 + index}"><button type="submit" class="add">${price},00 €</button></form>
  <script>window.shop.basket.push({ sku: ${1000 + index}, html: "<p>" });</script>
</article>
`
}

function productName(index) {
  const kinds = ['Desk lamp', 'Café table', 'Reading chair', 'Bookshelf', 'Floor lamp', 'Stool', 'Côté bench']
  return `${kinds[index % kinds.length]} No. ${index + 1}`
}

// `npm run bench:at-rest`: what protection at rest costs for one page, in processor time, and saves in bytes.
import { randomBytes } from 'node:crypto'
import { cpus } from 'node:os'
import { prepare } from './prepare.mjs'
import { createPage } from './bench/pages.mjs'
import { median } from './bench/statistics.mjs'

const KIB = 1024
const SIZES_KIB = [20, 200]
const ROUNDS = 9
const PAGES_PER_ROUND = { 20: 300, 200: 60 }

prepare()
const { createPageToken } = await import('@facsimile/core')
const { protectAtRest } = await import('@facsimile/core/at-rest')

const encryptionKeys = [randomBytes(32)]
const WAYS = [
  ['none', {}],
  ['encryption', { encryptionKeys }],
  ['gzip', { compression: 'gzip' }],
  ['brotli', { compression: 'brotli' }],
  ['encryption and gzip', { encryptionKeys, compression: 'gzip' }],
  ['encryption and brotli', { encryptionKeys, compression: 'brotli' }],
]

const rows = []
for (const [name, settings] of WAYS) rows.push([name, ...(await measureSizes(settings))])
console.log(table(headings(), rows))
console.log(
  `\nMedian of ${ROUNDS} rounds, one page after the other: processor time of all threads for one page. The store keeps pages by reference and costs nothing. The page repeats itself more than most: others shrink to a fifth or a quarter. ${cpus().length} cores, ${process.platform} ${process.arch}, Node ${process.versions.node}.`,
)

async function measureSizes(settings) {
  const cells = []
  for (const size of SIZES_KIB) {
    const { storeMicros, pullMicros, bytes } = await measure(settings, size)
    cells.push(String(Math.round(storeMicros)), String(Math.round(pullMicros)), String(bytes))
  }
  return cells
}

async function measure(settings, size) {
  const store = createReferenceStore()
  const provider = protectAtRest(store.provider, settings)
  const body = Buffer.from(createPage(size * KIB))
  const count = PAGES_PER_ROUND[size]
  const rounds = []
  await round(provider, body, count) // warms up
  for (let index = 0; index < ROUNDS; index += 1) rounds.push(await round(provider, body, count))
  return {
    storeMicros: median(rounds.map(({ storeMicros }) => storeMicros)),
    pullMicros: median(rounds.map(({ pullMicros }) => pullMicros)),
    bytes: store.lastBytes(),
  }
}

async function round(provider, body, count) {
  const tokens = Array.from({ length: count }, createPageToken)
  const storeMicros = await cpuMicros(async () => {
    for (const token of tokens) await provider.store(token, pageWith(body))
  })
  const pullMicros = await cpuMicros(async () => {
    for (const token of tokens) {
      const page = await provider.pull(token)
      if (page?.body.length !== body.length)
        throw new Error('A page did not come back; the figures would mean nothing.')
    }
  })
  return { storeMicros: storeMicros / count, pullMicros: pullMicros / count }
}

async function cpuMicros(work) {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function pageWith(body) {
  const now = Date.now()
  const contentType = 'text/html; charset=utf-8'
  return { url: '/lamps', method: 'GET', status: 200, contentType, capturedAt: now, expiresAt: now + 60_000, body }
}

/** Costs next to nothing itself, so that the figures are those of the protection. */
function createReferenceStore() {
  const pages = new Map()
  let bytes = 0
  const provider = {
    name: 'reference',
    async store(token, page) {
      bytes = page.body.length
      pages.set(token, page)
    },
    async pull(token) {
      const page = pages.get(token)
      pages.delete(token)
      return page
    },
    peek: async (token) => pages.get(token),
    remove: async (token) => pages.delete(token),
    check: async () => [],
    close: async () => {},
  }
  return { provider, lastBytes: () => bytes }
}

function headings() {
  return ['protection', ...SIZES_KIB.flatMap((size) => [`${size} KB: store, µs`, 'pull, µs', 'bytes kept'])]
}

/** Prettier's own layout of a Markdown table. */
function table(head, rows) {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column].length)))
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

// `npm run bench:stores`: pages stored and pulled per second, as a ratio to the same commands through the bare client.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createPage } from './bench/pages.mjs'
import { replaceSection, table } from './bench/report.mjs'
import { spread } from './bench/statistics.mjs'
import { bareMariadb, bareRedis } from './bench/bare-stores.mjs'
import { prepare, root } from './prepare.mjs'
import { startServices } from './services.mjs'

const USAGE = `Usage: npm run bench:stores -- [options]

Stores pages and pulls each of them again, 16 at a time, through our providers and through the bare client by turns.

  --rounds <n>    pairs of windows for each figure, 1 to 100 (default 9)
  --seconds <n>   length of a window, 0.2 to 60 (default 1)
  --write         also put the table into README.md, between its markers
  --help          this text
`

const SIZES_KIB = [20, 200]
const AT_A_TIME = 16
const LIFE_MS = 60_000

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const rounds = numberOf('--rounds', values.rounds, 1)
const seconds = numberOf('--seconds', values.seconds, 0.2)

if (values.help) console.log(USAGE)
else await bench()

async function bench() {
  prepare()
  const { createPageToken } = await import('@facsimile/core')
  const { createRedisProvider } = await import('@facsimile/core/redis')
  const { createMysqlProvider } = await import('@facsimile/core/mysql')
  const log = (line) => console.error(line)
  const { env, stop } = await startServices({ log })
  const stores = []
  try {
    stores.push({
      name: env.TEST_REDIS_SERVER,
      ours: createRedisProvider({ location: `${env.TEST_REDIS_URL}?prefix=bench:ours:` }),
      bare: await bareRedis(env.TEST_REDIS_URL, 'bench:bare:'),
    })
    stores.push({
      name: env.TEST_MYSQL_SERVER,
      ours: createMysqlProvider({ location: env.TEST_MYSQL_URL, table: 'bench_ours' }),
      bare: await bareMariadb(env.TEST_MYSQL_URL, 'bench_bare'),
    })
    const rows = []
    for (const store of stores) {
      for (const size of SIZES_KIB) rows.push(await measure(store, size, createPageToken, log))
    }
    const text = render(rows)
    console.log(text)
    if (values.write) {
      const readme = join(root, 'README.md')
      writeFileSync(readme, replaceSection(readFileSync(readme, 'utf8'), 'stores', text))
    }
  } finally {
    for (const { ours, bare } of stores) await Promise.allSettled([ours.close(), bare.close()])
    await stop()
  }
}

/** One line of the table. The members of a pair follow each other, and change places from pair to pair. */
async function measure({ name, ours, bare }, size, createPageToken, log) {
  const body = Buffer.from(createPage(size * 1024))
  await window(ours, body, createPageToken, 1)
  await window(bare, body, createPageToken, 1)
  const pairs = []
  for (let round = 0; round < rounds; round += 1) {
    const figures = {}
    const order = round % 2 === 0 ? ['ours', 'bare'] : ['bare', 'ours']
    for (const member of order) {
      figures[member] = await window(member === 'ours' ? ours : bare, body, createPageToken, seconds)
    }
    log(
      `${name}, ${size} KB, round ${round + 1}: ${Math.round(figures.ours)} to ${Math.round(figures.bare)} per second`,
    )
    pairs.push(figures)
  }
  const ratio = spread(pairs.map((pair) => pair.ours / pair.bare))
  return [
    name,
    `${size} KB`,
    String(Math.round(spread(pairs.map((pair) => pair.bare)).median)),
    String(Math.round(spread(pairs.map((pair) => pair.ours)).median)),
    `**${ratio.median.toFixed(2)}** (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`,
  ]
}

/** Pages stored and pulled per second. Throws when one does not come back as it was. */
async function window(store, body, createPageToken, lengthSeconds) {
  const begunAt = performance.now()
  let pages = 0
  const worker = async () => {
    while (performance.now() - begunAt < lengthSeconds * 1000) {
      const token = createPageToken()
      const capturedAt = Date.now()
      const facts = { url: '/lamps?page=2', method: 'GET', status: 200, contentType: 'text/html; charset=utf-8' }
      await store.store(token, { ...facts, capturedAt, expiresAt: capturedAt + LIFE_MS, body })
      const page = await store.pull(token)
      if (page === undefined || page.body.length < body.length) throw new Error('A page did not come back whole.')
      pages += 1
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  return pages / ((performance.now() - begunAt) / 1000)
}

function render(rows) {
  return [
    table(['store', 'page', 'bare client, pages/s', 'provider, pages/s', 'ratio'], rows),
    '',
    `Each page is stored and pulled again, ${AT_A_TIME} at a time; the bare client sends the same commands with bytes of the same length and nothing around them. Median of ${rounds} pairs of windows of ${seconds} s (lowest to highest pair). ${cpus().length} cores shared with the servers, ${process.platform} ${process.arch}, Node ${process.versions.node}.`,
  ].join('\n')
}

function numberOf(name, text, least) {
  const number = Number(text)
  if (number >= least && number <= 100) return number
  console.error(`${name} is ${JSON.stringify(text)}; write a number from ${least} to 100`)
  process.exit(2)
}

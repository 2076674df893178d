// A site whose file provider cannot write more than 100 KB at a time; tells what visitors and crawler got.
import { subscribe } from 'node:diagnostics_channel'
import { createFacsimile } from '@facsimile/express'
import { PAGE, RECORDER, serve, visit } from './visit.mjs'

process.on('SIGXFSZ', () => undefined) // the limit tells by a signal too, which would end the process
const lost = []
subscribe('facsimile:lost', (message) => lost.push(message))

const facsimile = createFacsimile({
  cacheProvider: `file:${process.argv[2]}`,
  snippets: [RECORDER],
  allowedAddresses: ['127.0.0.1'],
})
const largePage = PAGE.replace('Tea', 'tea '.repeat(100_000))
const large = await serve(facsimile, largePage)
const small = await serve(facsimile)
const pages = { large: await visit(large.origin), small: await visit(small.origin) }
const statusOf = async ({ token }) => (await fetch(`${small.origin}/facsimile?t=${token}`)).status
console.log(
  JSON.stringify({
    intact: pages.large.text === largePage && pages.small.text === PAGE,
    large: await statusOf(pages.large),
    small: await statusOf(pages.small),
    lost: lost.map(({ reason }) => reason),
    causes: lost.map(({ error }) => error.cause?.code),
  }),
)
process.exit(0)

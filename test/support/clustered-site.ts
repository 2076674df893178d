// A site of two workers: a program that forks itself by node:cluster, as PM2 does, with one port for both.
import { eventually } from './eventually.js'
import { startExample, type ExampleProgram } from './example-program.js'

/** A machine that does other work as well may take its time. */
const READY_MS = 60_000

/** Settings as the program writes them: JSON beside what every such site has. */
export type ClusteredSettings = Readonly<Record<string, unknown>>

const programFor = (settings: ClusteredSettings) => `
import cluster from 'node:cluster'
import express from 'express'
import { createFacsimile } from '@facsimile/express'

if (cluster.isPrimary) {
  for (const _ of [1, 2]) cluster.fork()
  let listening = 0
  cluster.on('listening', () => (listening += 1) === 2 && console.log('both listen'))
  process.once('SIGTERM', () => cluster.disconnect(() => process.exit(0)))
} else {
  const facsimile = createFacsimile({
    snippets: [{ name: 'recorder', placement: 'body-end', html: '<script>window.FetchFrom=%FetchUrl%</script>' }],
    allowedAddresses: ['127.0.0.1'],
    allowDebug: true,
    ...${JSON.stringify(settings)},
  })
  const app = express()
  app.use((_req, res, next) => {
    res.set('X-Worker', String(cluster.worker.id))
    next()
  })
  app.use(facsimile.middleware)
  app.get('/robots.txt', (_req, res) => res.type('text').send('User-agent: *\\nDisallow: /facsimile\\n'))
  app.get(/.*/, (_req, res) => {
    res.set('Cache-Control', 'private, no-store').send('<!doctype html><html><head><title>Shop</title></head><body><p>Tea</p></body></html>')
  })
  app.listen(Number(process.env.PORT), '127.0.0.1')
}
`

/** Resolves when both listen; connections go to them by turns, and `X-Worker` tells which one answered. */
export async function startClusteredSite(settings: ClusteredSettings): Promise<ExampleProgram> {
  const program = await startExample(programFor(settings))
  try {
    await eventually('both workers listen', () => program.output().includes('both listen'), READY_MS)
    return program
  } catch (error) {
    await program.stop()
    throw error
  }
}

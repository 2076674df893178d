// docs/symptoms.md is true: its commands do what it says, and what it tells apart looks as it says.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { FacsimileSettings, Middleware } from '@facsimile/express'
import { runCli } from '../cli/run-cli.js'
import { createTestFacsimile, serveFiltered } from '../support/filtered-site.js'
import { exampleIn, readPage } from '../support/page-examples.js'
import { fetchRaw } from '../support/raw-http.js'

const SYMPTOMS = 'docs/symptoms.md'
const PRODUCED = '<!doctype html><html><body>Hello</body></html>'
const RECORDER = { name: 'recorder', placement: 'body-end', html: '<script>fetchFrom = %FetchUrl%</script>' } as const

/** The arguments of each `npx facsimile` line. */
function commandsIn(page: string, example: string): string[][] {
  const lines = exampleIn(page, example).trimEnd().split('\n')
  return lines.map((line) => line.replace(/^npx facsimile /, '').split(' '))
}

async function serveSite(settings: FacsimileSettings, headers: Readonly<Record<string, string>> = {}, status = 200) {
  const facsimile = createTestFacsimile({
    snippets: [RECORDER],
    disableCache: false,
    allowedAddresses: ['127.0.0.1'],
    ...settings,
  })
  const say: Middleware = (_req, res, next) => {
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
    next()
  }
  return serveFiltered((_req, res) => res.writeHead(status, { 'Content-Type': 'text/html' }).end(PRODUCED), {
    facsimile,
    inside: [say],
  })
}

describe('Facsimile-Status', () => {
  test.each<[status: string, settings: FacsimileSettings, headers: Readonly<Record<string, string>>]>([
    ['injected; snippets=0', { snippets: [{ ...RECORDER, when: ['/elsewhere'] }] }, {}],
    ['injected; snippets=0', { disableFilter: true }, {}],
    ['injected; snippets=0; blocked=1', {}, { 'Content-Security-Policy': "script-src 'self'" }],
    ['injected; snippets=1', { snippets: [{ ...RECORDER, unlessPageContains: 'Hello' }] }, {}],
    ['skipped; reason=excluded', { exclude: ['**'] }, {}],
  ])('says %s where the page has nothing: %j', async (status, settings, headers) => {
    const { port } = await serveSite(settings, headers)
    const page = await fetchRaw(port)
    expect([page.header('facsimile-status'), page.body.toString().trimEnd()]).toEqual([status, PRODUCED])
    const word = status.startsWith('skipped') ? 'skipped; reason=…' : status
    expect(readPage(SYMPTOMS)).toContain(`| \`${word}\``)
  })
})

test('the log has the same four characters of a token that was used up by the back button', async () => {
  const lines: string[] = []
  const note = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  const { port, facsimile } = await serveSite({ logger: { debug: note, info: note, warn: note, error: note } })
  const path = /fetchFrom = "([^"]+)"/.exec((await fetchRaw(port)).body.toString())?.[1] ?? '/none'
  await facsimile.flush()
  expect((await fetchRaw(port, { path })).status).toBe(200)
  expect((await fetchRaw(port, { path })).status).toBe(404)
  expect(lines).toEqual([
    expect.stringMatching(`^The crawler was given a page\\..*${path.slice(-4)}`),
    expect.stringMatching(`^The fetcher has no such page\\..*taken.*${path.slice(-4)}`),
  ])
})

test('a page that was itself a 404 is handed over with 200, and says so', async () => {
  const { port, facsimile } = await serveSite({}, {}, 404)
  const path = /fetchFrom = "([^"]+)"/.exec((await fetchRaw(port)).body.toString())?.[1] ?? '/none'
  await facsimile.flush()
  const copy = await fetchRaw(port, { path })
  expect([copy.status, copy.header('facsimile-page')]).toEqual([200, expect.stringMatching(/^status=404, /)])
})

test('a refusal of the fetcher is told by its text', async () => {
  const { port } = await serveSite({ allowedAddresses: ['192.0.2.0/24'] })
  const answer = await fetchRaw(port, { path: '/facsimile' })
  expect([answer.status, answer.body.toString()]).toEqual([403, 'This address may not fetch pages.\n'])
  expect(readPage(SYMPTOMS)).toContain('"This address may not fetch pages."')
})

test('the commands put the fetch path into robots.txt and leave its lines as they are', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'facsimile-symptoms-'))
  try {
    await mkdir(join(cwd, 'public'))
    const before = 'User-agent: *\nDisallow: /basket\n'
    await writeFile(join(cwd, 'public/robots.txt'), before)
    const commands = commandsIn(SYMPTOMS, 'robots')
    const check = commands.at(-1) ?? []
    expect((await runCli(check, { cwd })).exitCode).toBe(1)
    for (const command of commands) {
      expect([command, (await runCli(command, { cwd })).exitCode]).toEqual([command, 0])
    }
    const after = await readFile(join(cwd, 'public/robots.txt'), 'utf8')
    expect(after.replace('Disallow: /facsimile\n', '')).toBe(before)
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
})

test('facsimile fetch, as the installation ends with it, tells the whole way of a page', async () => {
  const { port } = await serveSite({})
  const [command = []] = commandsIn('docs/install.md', 'fetch')
  const args = command.map((argument) => argument.replace('localhost:3000', `127.0.0.1:${port}`))
  const run = await runCli(args, { cwd: tmpdir() })
  expect([run.exitCode, run.stderr]).toEqual([0, ''])
  expect(run.stdout).toMatch(/the stored copy and 1 inserted piece/)
})

// docs/install.md is true: each program on it runs as it stands, serves a page, hands its copy over once and ends in order.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type ClientHttp2Session } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createSelfSigned } from '../stores/support/redis-certificate.js'
import { startExample, type ExampleProgram } from '../support/example-program.js'
import { serveFiltered } from '../support/filtered-site.js'
import { exampleIn, facsimileIn, replaceAll } from '../support/page-examples.js'
import { fetchRaw } from '../support/raw-http.js'

const PAGE = 'docs/install.md'
/** All of them at once, on a machine that does other work as well. */
const START_MS = 90_000
const CRAWLER_IS_HERE = { '192.0.2.0/24': '127.0.0.1' }
const PRODUCED = '<!doctype html><html><body>Hello</body></html>'

const folder = mkdtempSync(join(tmpdir(), 'facsimile-install-'))
const { key, cert } = createSelfSigned('localhost')
const TLS = { TLS_KEY: join(folder, 'key.pem'), TLS_CERT: join(folder, 'cert.pem') }
writeFileSync(TLS.TLS_KEY, key)
writeFileSync(TLS.TLS_CERT, cert)

const programOf = (example: string) => replaceAll(exampleIn(PAGE, example), CRAWLER_IS_HERE)
/** As CommonJS writes it. */
const required = (code: string) => code.replace(/^import (.+) from ('.+')$/gm, 'const $1 = require($2)')

/** By what a test calls it. */
const PROGRAMS = {
  'Express 5': () => startExample(programOf('express')),
  'Express 4 in CommonJS': () =>
    startExample(required(replaceAll(programOf('express'), { "'express'": "'express4'" })), { extension: '.cjs' }),
  Connect: () => startExample(programOf('connect')),
  'bare node:http': () => startExample(programOf('http')),
  'HTTP/2': () => startExample(programOf('http2'), { env: TLS }),
  'the token that is placed by hand': () => startExample(programOf('token-for')),
  'Content-Security-Policy': () => startExample(programOf('csp')),
} satisfies Record<string, () => Promise<ExampleProgram>>
type Name = keyof typeof PROGRAMS

const running = new Map<Name, ExampleProgram>()

function program(name: Name): ExampleProgram {
  const found = running.get(name)
  if (found === undefined) throw new Error(`${name} does not run.`)
  return found
}

const fetchUrlIn = (page: string) => /fetchFrom = "([^"]+)"/.exec(page)?.[1] ?? '/no-fetch-url'
const withSnippet = (fetchUrl: string) => PRODUCED.replace('</b', `<script>fetchFrom = "${fetchUrl}"</script></b`)

/** Stops it with a connection open that a browser would use again. */
async function expectToEnd(name: Name): Promise<void> {
  expect([name, await program(name).stop(), program(name).output()]).toEqual([
    name,
    0,
    expect.not.stringMatching(/Error/),
  ])
}

describe('the program for', () => {
  beforeAll(async () => {
    const starts = Object.entries(PROGRAMS).map(async ([name, start]) => running.set(name as Name, await start()))
    const failed = (await Promise.allSettled(starts)).find(({ status }) => status === 'rejected')
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason
  }, START_MS)
  afterAll(async () => {
    await Promise.all([...running.values()].map((program) => program.stop()))
    rmSync(folder, { recursive: true, force: true })
  })

  test.each(['Express 5', 'Express 4 in CommonJS', 'Connect', 'bare node:http'] as const)(
    '%s serves a page, hands its copy over once, and ends on SIGTERM',
    async (name) => {
      const origin = `http://127.0.0.1:${program(name).port}`
      const page = await (await fetch(origin)).text()
      const fetchUrl = fetchUrlIn(page)
      expect(page).toBe(withSnippet(fetchUrl))
      expect(await (await fetch(origin + fetchUrl)).text()).toBe(PRODUCED)
      expect((await fetch(origin + fetchUrl)).status).toBe(404)
      await expectToEnd(name)
    },
  )

  test('HTTP/2 does so too, while a browser holds its session open', async () => {
    const session = connect(`https://127.0.0.1:${program('HTTP/2').port}`, { servername: 'localhost', ca: cert })
    const page = await ask(session, '/')
    const fetchUrl = fetchUrlIn(page)
    expect(page).toBe(withSnippet(fetchUrl))
    expect(await ask(session, fetchUrl)).toBe(PRODUCED)
    expect(await ask(session, fetchUrl)).toBe('There is no such page, or no more.\n')
    const closed = once(session, 'close')
    await expectToEnd('HTTP/2')
    await closed
  })

  test('the token that is placed by hand leaves it out for who opted out', async () => {
    const name = 'the token that is placed by hand'
    const origin = `http://127.0.0.1:${program(name).port}`
    const page = await (await fetch(origin)).text()
    expect(page).toBe(withSnippet(fetchUrlIn(page)))
    expect(await (await fetch(origin + fetchUrlIn(page))).text()).toBe(page)
    expect(await (await fetch(origin, { headers: { Cookie: 'WRUID=0' } })).text()).toBe(PRODUCED)
    await expectToEnd(name)
  })

  test('Content-Security-Policy has the nonce of the page on the snippet', async () => {
    const page = await fetch(`http://127.0.0.1:${program('Content-Security-Policy').port}`)
    const nonce = /'nonce-([^']+)'/.exec(page.headers.get('content-security-policy') ?? '')?.[1] ?? '?'
    expect(await page.text()).toMatch(
      `<script nonce="${nonce}">own = 1</script><script nonce="${nonce}">fetchFrom = "/facsimile?t=`,
    )
    await expectToEnd('Content-Security-Policy')
  })
})

test('the snippets of the example stand where the page says', async () => {
  const facsimile = facsimileIn(PAGE, 'snippets', { changes: CRAWLER_IS_HERE })
  const page =
    '<!doctype html><html><head><meta charset="utf-8"><title>x</title></head><body>Hi<!-- chat.example --></body></html>'
  const { port } = await serveFiltered(
    (req, res) =>
      res.setHeader('Content-Type', 'text/html').end(req.url === '/help/own' ? page : page.replace(/<!-- .+ -->/, '')),
    { facsimile },
  )
  const shown = async (path: string) =>
    (await fetchRaw(port, { path })).body.toString().replace(/\?t=[\w-]{32}/, '?t=…')
  const recorder =
    '<script>fetchFrom = "/facsimile?t=…"</script><script async src="https://recorder.example/r.js"></script>'
  const chat = '<script async src="https://chat.example/c.js"></script>'
  const begin =
    '<!doctype html><html><head><meta charset="utf-8"><script>pageBegan = Date.now()</script><title>x</title></head><body>Hi'
  expect(await shown('/')).toBe(`${begin}${recorder}</body></html>`)
  expect(await shown('/help/a')).toBe(`${begin}${recorder}${chat}</body></html>`)
  expect((await shown('/help/own')).trimEnd()).toMatch(`${begin}<!-- chat.example -->${recorder}`)
  expect(await shown('/help/own')).not.toContain(chat)
})

async function ask(session: ClientHttp2Session, path: string): Promise<string> {
  return text(session.request({ ':path': path }))
}

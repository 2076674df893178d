// `facsimile explain` says what happens to a page and why, as the server tells it or as it shows from outside.
import type { RequestListener } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { describe, expect, test } from '@jest/globals'
import { WORDS } from '@facsimile/core'
import type { FacsimileSettings } from '@facsimile/express'
import { parseFilterStatus } from '../../packages/cli/src/crawl/filter-status.js'
import { createTestFacsimile, serve, serveFiltered } from '../support/filtered-site.js'
import { runCli } from './run-cli.js'

const PAGE = '<!doctype html><html><head><title>Tea</title></head><body><p>Green</p></body></html>'
const SETTINGS = {
  snippets: [{ name: 'recorder', placement: 'body-end', html: '<script>fetchFrom=%FetchUrl%</script>' }],
  allowedAddresses: ['127.0.0.1'],
  disableCache: false,
} as const satisfies FacsimileSettings

const explain = (url: string, ...args: readonly string[]) => runCli(['explain', url, ...args], { cwd: tmpdir() })

async function explained(url: string, ...args: readonly string[]) {
  const run = await explain(url, ...args, '--json')
  return { exitCode: run.exitCode, ...(JSON.parse(run.stdout) as Record<'verdict' | 'fetcher' | 'copy', object>) }
}

const page =
  (headers: Readonly<Record<string, string>> = {}, body = PAGE): RequestListener =>
  (_req, res) =>
    res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...headers }).end(body)

async function site(settings: FacsimileSettings = {}, handler = page()): Promise<string> {
  const { port } = await serveFiltered(handler, { settings: { ...SETTINGS, ...settings } })
  return `http://127.0.0.1:${port}/`
}

describe('facsimile explain', () => {
  test('says that a page is injected, and takes nothing from the store', async () => {
    const url = await site()
    const run = await explain(url)
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toContain('injected: 1 snippet  (the server says so in Facsimile-Status)')
    expect(run.stdout).toContain('--fetch compares the page with its stored copy')
    expect(run.stdout).toMatch(/\/facsimile\?t=…[\w-]{4}\n/)
  })

  test('shows what was inserted where when it may fetch the copy', async () => {
    const { copy } = await explained(await site(), '--fetch')
    expect(copy).toMatchObject({ difference: { kind: 'insertions', pieces: [{ offset: PAGE.indexOf('</body>') }] } })
  })

  test('exits 1 with the word that the server tells, its meaning and its remedy', async () => {
    const run = await explain(await site(), '--cookie', 'WRUID=0')
    const [meaning, remedy] = WORDS['passed over'].cookie
    expect(run.exitCode).toBe(1)
    expect(run.stdout).toContain(
      `passed over: cookie  (the server says so in Facsimile-Status)\n  ${meaning}\n  → ${remedy}\n`,
    )
    expect(run.stderr).toBe(`error: the page is not recorded: cookie\n  ${remedy}\n`)
  })

  test.each([401, 403, 502])(
    'says of a page that is answered %i that it fails, and not where to mount',
    async (status) => {
      const { port } = await serve((_req, res) => res.writeHead(status, { 'Content-Type': 'text/plain' }).end('no'))
      expect(await explained(`http://127.0.0.1:${port}/`)).toMatchObject({
        exitCode: 1,
        verdict: { outcome: 'untouched', basis: 'guessed', word: 'page-failing' },
      })
    },
  )

  test('still sees an error page that passed the filter', async () => {
    const url = await site({}, (_req, res) =>
      res.writeHead(404, { 'Content-Type': 'text/html; charset=utf-8' }).end(PAGE),
    )
    expect(await explained(url)).toMatchObject({ exitCode: 0, verdict: { outcome: 'injected', word: null } })
  })

  test('shows the names in a query, and no value of it', async () => {
    const { port } = await serveFiltered(
      (req, res) => {
        if (req.url?.startsWith('/in') === true) return page()(req, res)
        res.writeHead(302, {
          Location: req.url === '/out' ? 'http://me:pl4nted@shop.test/?k=pl4nted' : '/in?sid=pl4nted&pl4nted',
        })
        return res.end()
      },
      { settings: SETTINGS },
    )
    for (const args of [[], ['--json'], ['--fetch']]) {
      const run = await explain(`http://127.0.0.1:${port}/?key=pl4nted#pl4nted`, ...args)
      expect(run.exitCode).toBe(0)
      expect(run.stdout).toContain(`http://127.0.0.1:${port}/in?sid=…&…`)
      expect(run.stdout + run.stderr).not.toContain('pl4nted')
    }
    expect((await explain(`http://127.0.0.1:${port}/out`)).stderr).toContain('another origin: http://shop.test/?k=…')
    expect((await explain('http://127.0.0.1:1/?key=pl4nted')).stderr).toContain('cannot get http://127.0.0.1:1/?key=…')
  })

  test('tells a server that does not speak HTTP/1.1 from one that is not there', async () => {
    const http2 = createHttp2Server()
    await new Promise<void>((resolve) => http2.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = http2.address() as AddressInfo
      expect((await explain(`http://127.0.0.1:${port}/`)).stderr).toContain('does it take HTTP/2 alone?')
    } finally {
      await new Promise((resolve) => http2.close(resolve))
    }
  })

  test('says whether something else answers in place of the fetcher, or nothing', async () => {
    const { port } = await serve(page())
    expect((await explain(`http://127.0.0.1:${port}/`)).stdout).toContain('something else answers there (200 OK)')
  })

  test('names what the policy of the page leaves out', async () => {
    const { exitCode, verdict } = await explained(
      await site({}, page({ 'Content-Security-Policy': "script-src 'self'" })),
    )
    expect(exitCode).toBe(1)
    expect(verdict).toMatchObject({ basis: 'told', word: 'snippet-blocked', snippets: 0, blocked: 1 })
  })

  test('tells that a filter is mounted twice', async () => {
    const { middleware } = createTestFacsimile(SETTINGS)
    const { port } = await serve((req, res) => {
      middleware(req, res, () => middleware(req, res, () => page()(req, res)))
    })
    const run = await explain(`http://127.0.0.1:${port}/`)
    expect(run.stdout).toContain(`mounted-twice: ${WORDS.found['mounted-twice'].join(' ')}`)
  })

  test.each([
    ['not-html', page({ 'Content-Type': 'application/json' })],
    ['attachment', page({ 'Content-Disposition': 'attachment' })],
    ['no-transform', page({ 'Cache-Control': 'public, no-transform' })],
    ['charset', page({ 'Content-Type': 'text/html; charset=utf-16' })],
    ['partial', page({ 'Content-Range': 'bytes 0-9/20' })],
    ['fragment', page({}, '<p>Green</p>')],
  ])('guesses %s from outside where the server tells nothing', async (word, handler) => {
    const { exitCode, verdict, fetcher } = await explained(await site({ allowedAddresses: ['192.0.2.1'] }, handler))
    expect(exitCode).toBe(1)
    expect(verdict).toMatchObject({ outcome: 'passed over', basis: 'guessed', kind: 'passed over', word })
    expect(fetcher).toMatchObject({ outcome: 'refused' })
  })

  test('says where to look when nothing shows why', async () => {
    const refused = await explain(await site({ allowedAddresses: ['192.0.2.1'], exclude: ['/'] }))
    expect(refused.stdout).toContain('not injected: snippet-missing')
    expect(refused.stdout).toContain('goes to addresses in allowedAddresses alone')
    const { port } = await serve(page())
    const { verdict } = await explained(`http://127.0.0.1:${port}/`)
    expect(verdict).toMatchObject({ outcome: 'untouched', word: 'filter-not-reached' })
  })

  test('shows a page that is injected without the server saying so', async () => {
    const { exitCode, verdict } = await explained(await site({ allowedAddresses: ['192.0.2.1'] }))
    expect(exitCode).toBe(0)
    expect(verdict).toMatchObject({ outcome: 'injected', basis: 'seen', word: null })
  })

  test('hides from a terminal what a server may have put into its headers', async () => {
    const run = await explain(await site({}, page({ 'Cache-Control': 'no-store, x="\x9b31m"' })))
    expect(run.stdout).not.toContain('\x9b')
  })
})

describe('the header Facsimile-Status', () => {
  test.each([
    ['injected; snippets=2', [{ outcome: 'injected', snippets: 2, blocked: 0, passes: 1 }]],
    ['injected;snippets=0;blocked=1;passes=3', [{ outcome: 'injected', snippets: 0, blocked: 1, passes: 3 }]],
    [
      'injected; snippets=1, skipped; reason=already-injected',
      [
        { outcome: 'injected', snippets: 1, blocked: 0, passes: 1 },
        { outcome: 'skipped', reason: 'already-injected' },
      ],
    ],
    ['missed; reason=lost', [{ outcome: 'missed', reason: 'lost' }]],
    ['skipped; reason="a, b; c"', [{ outcome: 'skipped', reason: 'a, b; c' }]],
    ['skipped', []],
    ['injected; snippets=-1', [{ outcome: 'injected', snippets: 0, blocked: 0, passes: 1 }]],
    ['hit; ttl=5, ;;, "', []],
    [undefined, []],
  ])('reads %j', (field, members) => {
    expect(parseFilterStatus(field)).toEqual(members)
  })
})

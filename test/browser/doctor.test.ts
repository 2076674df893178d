// `facsimile doctor --browser`: what a real browser makes of a page and of what was inserted into it.
import { tmpdir } from 'node:os'
import { expect, test } from '@jest/globals'
import { createDemo } from '@facsimile/demo'
import type { FacsimileSettings } from '@facsimile/express'
import { runCli } from '../cli/run-cli.js'
import { serve, serveFiltered } from '../support/filtered-site.js'

const TIMEOUT_MS = 90_000
const PAGE = '<!doctype html><html><head><title>Tea</title></head><body><p>Grün</p>\r\n</body></html>'

interface Result {
  readonly state: string
  readonly said: string
  readonly word?: string
}

async function look(url: string, ...args: readonly string[]) {
  const browser = ['--browser', '--browser-path', process.env['TEST_CHROMIUM'] ?? '']
  const run = await runCli(['doctor', url, '--visits', '1', '--json', ...browser, ...args], { cwd: tmpdir() })
  const { checks } = JSON.parse(run.stdout) as { checks: readonly (Result & { readonly check: string })[] }
  return { ...run, of: (name: string): readonly Result[] => checks.filter(({ check }) => check === name) }
}

function serveSnippet(html: string, head = '') {
  const settings: FacsimileSettings = {
    snippets: [{ name: 'recorder', placement: 'body-end', html: `${html}<script>fetchFrom=%FetchUrl%</script>` }],
    allowedAddresses: ['127.0.0.1'],
    disableCache: false,
  }
  return serveFiltered(
    (req, res) => {
      if (req.url === '/never') return
      res.setHeader('Content-Type', 'text/html; charset=utf-8').setHeader('Cache-Control', 'no-store')
      res.end(PAGE.replace('</head>', `${head}</head>`).replace('Grün', `Grün ${req.headers.cookie ?? ''}`))
    },
    { settings },
  )
}

test(
  'finds the demo well: its scripts run, and its copy is the view of this browser',
  async () => {
    const demo = await createDemo({ port: 0, trackerPort: 0 })
    try {
      const { of, exitCode } = await look(`${demo.shopUrl}/draw`)
      expect(of('browser')).toEqual([{ check: 'browser', state: 'ok', said: expect.stringContaining('no violation') }])
      expect(of('browser scripts')[0]).toMatchObject({ state: 'ok', said: '2 of 2 inserted scripts ran' })
      expect(of('browser copy')[0]).toMatchObject({ state: 'ok', said: expect.stringContaining('byte for byte') })
      expect(exitCode).toBe(0)
    } finally {
      await demo.close()
    }
  },
  TIMEOUT_MS,
)

test(
  'finds a snippet that fails on its way, and sends the cookies of the visitor',
  async () => {
    const { port } = await serveSnippet('<script>nowhere.to.be.found()</script>')
    const { of, exitCode } = await look(`http://127.0.0.1:${port}/`, '--cookie', 'tea=oolong')
    expect(of('browser scripts')).toHaveLength(1)
    expect(of('browser scripts')[0]).toMatchObject({ state: 'fail', word: 'script-silent' })
    expect(of('browser scripts')[0]?.said).toContain('ReferenceError: nowhere is not defined')
    expect(of('browser copy')[0]?.said).toContain(`${Buffer.byteLength(PAGE) + ' tea=oolong'.length} bytes`)
    expect(exitCode).toBe(1)
  },
  TIMEOUT_MS,
)

test(
  'keeps a page that goes on by itself and never loads, tells what its policy refuses, and masks tokens in errors',
  async () => {
    const policy = `<meta http-equiv="Content-Security-Policy" content="img-src 'none'">`
    const head = `${policy}<script>setTimeout(() => { location.href = '/next?sid=pl4nted' }, 50)</script>`
    const parts = '<img src="/tea.png?sid=pl4nted"><iframe src="/never"></iframe>'
    const { port } = await serveSnippet(`${parts}<script>throw new Error(%FetchUrl%)</script>`, head)
    const { of, stdout } = await look(`http://127.0.0.1:${port}/`, '--timeout', '1')
    const [opened] = of('browser')
    expect(opened).toMatchObject({ state: 'warn', word: 'policy-violated' })
    expect(opened?.said).toContain('did not finish loading')
    expect(opened?.said).toContain(`kept from going on to http://127.0.0.1:${port}/next?sid=…`)
    expect(opened?.said).toContain(`img-src refuses http://127.0.0.1:${port}/tea.png?sid=…`)
    expect(of('browser scripts')[0]?.said).toMatch(/failed: Error: \/facsimile\?t=…[\w-]{4}$/)
    expect(of('browser copy')[0]).toMatchObject({ state: 'ok' })
    expect(stdout).not.toMatch(/t=[\w-]{32}|pl4nted/)
  },
  TIMEOUT_MS,
)

test(
  'blames no script that the page did not wait for, and follows no redirect to another origin',
  async () => {
    const leaving = await serveSnippet('', "<script>location.href = 'http://127.0.0.1:9/'</script>")
    const left = await look(`http://127.0.0.1:${leaving.port}/`, '--timeout', '1')
    expect(left.of('browser')[0]?.said).toContain('kept from going on to http://127.0.0.1:9/')
    expect(left.of('browser scripts')[0]).toMatchObject({ state: 'not-checked' })
    expect(left.exitCode).toBe(0)
    const { port } = await serve((req, res) => {
      if (!/chrome/i.test(req.headers['user-agent'] ?? '')) return res.setHeader('Content-Type', 'text/html').end(PAGE)
      return res.writeHead(302, { Location: 'http://127.0.0.1:9/?sid=pl4nted' }).end()
    })
    const led = await look(`http://127.0.0.1:${port}/`)
    expect(led.of('browser')[0]?.said).toMatch(/it redirects to another origin: http:\/\/127\.0\.0\.1:9\/\?sid=…$/)
  },
  TIMEOUT_MS,
)

test(
  'finds a policy in the page itself, which only a browser obeys',
  async () => {
    const policy = `<meta http-equiv="Content-Security-Policy" content="script-src 'self'">`
    const { port } = await serveSnippet('', policy)
    const { of } = await look(`http://127.0.0.1:${port}/`)
    expect(of('browser scripts')[0]).toMatchObject({ state: 'fail', word: 'script-blocked' })
    expect(of('browser')[0]).toMatchObject({ state: 'warn', word: 'script-blocked' })
  },
  TIMEOUT_MS,
)

test(
  'does not wait for a page whose script never ends',
  async () => {
    const { port } = await serveSnippet('<script>onload=()=>setTimeout(()=>{for(;;);},1)</script>')
    const { of } = await look(`http://127.0.0.1:${port}/`, '--timeout', '2')
    expect(of('browser')[0]).toMatchObject({ state: 'fail', word: 'page-failing' })
    expect(of('browser')[0]?.said).toContain('Chromium cannot open the page')
  },
  TIMEOUT_MS,
)

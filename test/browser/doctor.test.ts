// `facsimile doctor --browser`: what a real browser makes of a page and of what was inserted into it.
import { tmpdir } from 'node:os'
import { expect, test } from '@jest/globals'
import { createDemo } from '@facsimile/demo'
import type { FacsimileSettings } from '@facsimile/express'
import { runCli } from '../cli/run-cli.js'
import { serveFiltered } from '../support/filtered-site.js'

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

function serveSnippet(html: string, policy = '') {
  const settings: FacsimileSettings = {
    snippets: [{ name: 'recorder', placement: 'body-end', html: `${html}<script>fetchFrom=%FetchUrl%</script>` }],
    allowedAddresses: ['127.0.0.1'],
    disableCache: false,
  }
  return serveFiltered(
    (req, res) => {
      res.setHeader('Content-Type', 'text/html; charset=utf-8').setHeader('Cache-Control', 'no-store')
      res.end(PAGE.replace('</head>', `${policy}</head>`).replace('Grün', `Grün ${req.headers.cookie ?? ''}`))
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

// Rule 21: snippets run under the page's own Content-Security-Policy, or are left out and reported.
import { createHash } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { RequestListener } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import type { FacsimileEvents } from '@facsimile/core'
import type { FacsimileSettings } from '@facsimile/express'
import { eventually } from '../../support/eventually.js'
import { fetchRaw } from '../../support/raw-http.js'
import { createTestFacsimile, PAGE, serveFiltered } from '../../support/filtered-site.js'
import { askHttp2, behind, serveHttp2 } from '../../support/http2-site.js'

const SCRIPT = { name: 'script', placement: 'head-end', html: '<script>s=1</script>' } as const
const HANDLER = { name: 'handler', placement: 'body-end', html: '<b onclick="h=1"></b>' } as const
const RECORDER = { name: 'recorder', placement: 'body-end', html: '<script>f(%FetchUrl%)</script>' } as const
const VIEWER = { allowedAddresses: ['127.0.0.1'] }
const NONCE = "script-src 'nonce-r4nd0m'"

const pageWith = (head: string, tail = '') =>
  PAGE.replace('</head>', `${head}</head>`).replace('</body>', `${tail}</body>`)
const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Answers with the page under these policies. */
function underPolicy(policy: string | readonly string[], name = 'Content-Security-Policy'): RequestListener {
  return (_req, res) => {
    res.setHeader('X-Before', '1').setHeader(name, policy).setHeader('X-After', '2')
    res.setHeader('Content-Type', 'text/html').end(PAGE)
  }
}

async function answerOf(handler: RequestListener, settings: FacsimileSettings = {}, headers = {}, method = 'GET') {
  const { port } = await serveFiltered(handler, { settings: { snippets: [SCRIPT], ...VIEWER, ...settings } })
  return fetchRaw(port, { headers, method })
}

/** What is published while `act` runs. */
async function blockedWhile(act: () => Promise<unknown>) {
  const blocked: FacsimileEvents['facsimile:blocked'][] = []
  const note = (message: unknown) => void blocked.push(message as FacsimileEvents['facsimile:blocked'])
  subscribe('facsimile:blocked', note)
  try {
    await act()
  } finally {
    unsubscribe('facsimile:blocked', note)
  }
  return blocked
}

describe('rule 21: the nonce of the page', () => {
  const WAYS: Record<string, RequestListener> = {
    'setHeader()': underPolicy(NONCE),
    'a list of policies': underPolicy(["img-src 'self'", NONCE]),
    'policies with a comma': underPolicy(`img-src 'self', ${NONCE}`),
    'writeHead() with an object': (_req, res) =>
      res.writeHead(200, { 'content-security-policy': NONCE, 'Content-Type': 'text/html' }).end(PAGE),
    'writeHead() with a list': (_req, res) =>
      res.writeHead(200, ['Content-Security-Policy', NONCE, 'Content-Type', 'text/html']).end(PAGE),
    'a policy that only reports': underPolicy(NONCE, 'Content-Security-Policy-Report-Only'),
    'a page in pieces': (_req, res) => {
      res.writeHead(200, { 'Content-Security-Policy': NONCE, 'Content-Type': 'text/html' })
      for (const piece of PAGE) res.write(piece)
      res.end()
    },
  }

  test.each(Object.entries(WAYS))('is put on the script: %s', async (way, handler) => {
    const response = await answerOf(handler)
    expect(response.body.toString()).toBe(pageWith('<script nonce="r4nd0m">s=1</script>'))
    expect(response.header('facsimile-status')).toBe('injected; snippets=1')
    const ending = way === 'a policy that only reports' ? '-report-only' : ''
    expect(response.header(`content-security-policy${ending}`)).toContain(NONCE)
  })

  test('is another one in every page', async () => {
    let views = 0
    const { port } = await serveFiltered((req, res) => underPolicy(`script-src 'nonce-n${++views}'`)(req, res), {
      settings: { snippets: [SCRIPT] },
    })
    for (const nonce of ['n1', 'n2', 'n3']) {
      expect((await fetchRaw(port)).body.toString()).toBe(pageWith(`<script nonce="${nonce}">s=1</script>`))
    }
  })

  test('takes validators away, since a 304 would bring the old page another one', async () => {
    const withTag = (policy: string): RequestListener => {
      return (req, res) => {
        res.setHeader('ETag', '"v1"').setHeader('Last-Modified', 'Sun, 22 Nov 2026 06:00:00 GMT')
        underPolicy(policy)(req, res)
      }
    }
    const live = await answerOf(withTag(NONCE))
    expect([live.header('etag'), live.header('last-modified')]).toEqual([undefined, undefined])
    const none = await answerOf(withTag("script-src 'unsafe-inline'"))
    expect(none.header('etag')).toMatch(/^W\/"v1-fxs\.\w+"$/)
  })
})

describe('rule 21: a snippet that a policy would block', () => {
  test('is left out whole, and the others go in', async () => {
    const settings = { snippets: [SCRIPT, HANDLER] }
    const blocked = await blockedWhile(async () => {
      const response = await answerOf(underPolicy(NONCE), settings)
      expect(response.body.toString()).toBe(pageWith('<script nonce="r4nd0m">s=1</script>'))
      expect(response.header('facsimile-status')).toBe('injected; snippets=1; blocked=1')
      expect(response.header('content-length')).toBe(String(response.body.length))
      expect(response.header('content-security-policy')).toBe(NONCE)
    })
    expect(blocked).toEqual([{ snippet: 'handler', directive: 'script-src' }])
  })

  test('is told in the answer to HEAD, and reported for pages only', async () => {
    const handler: RequestListener = (req, res) => {
      res.setHeader('Content-Security-Policy', "default-src 'self'").setHeader('Content-Type', 'text/html')
      res.end(req.url === '/part' ? '<p>Tea</p>' : PAGE)
    }
    const blocked = await blockedWhile(async () => {
      const { port } = await serveFiltered(handler, { settings: { snippets: [SCRIPT], ...VIEWER } })
      const head = await fetchRaw(port, { method: 'HEAD' })
      expect(head.header('facsimile-status')).toBe('injected; snippets=0; blocked=1')
      const part = await fetchRaw(port, { path: '/part' })
      expect(part.header('facsimile-status')).toBe('skipped; reason=fragment')
    })
    expect(blocked).toEqual([])
  })

  test('leaves the page as it was, which is stored all the same', async () => {
    const facsimile = createTestFacsimile({ snippets: [RECORDER], disableCache: false, ...VIEWER })
    let token: string | undefined
    const { port } = await serveFiltered(
      (req, res) => {
        token = facsimile.tokenFor(res)
        underPolicy("default-src 'self'")(req, res)
      },
      { facsimile },
    )
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE)
    expect((await fetchRaw(port, { path: `/facsimile?t=${token ?? ''}` })).body.toString()).toBe(PAGE)
  })

  test('is a line in the log, with the directive and what to do', async () => {
    const warnings: [object, string][] = []
    const ignore = () => undefined
    const logger = {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (...line: [object, string]) => warnings.push(line),
    }
    await answerOf(underPolicy("default-src 'self'"), { logger })
    expect(warnings).toEqual([
      [
        { snippet: 'script', directive: 'default-src' },
        'The snippet "script" was left out: the page\'s Content-Security-Policy would block it by default-src. ' +
          "Put a nonce into that directive, or set `csp` to 'hash'.",
      ],
    ])
  })

  test('does not count as inserted: another Facsimile further out may do it', async () => {
    const inner = createTestFacsimile({ snippets: [HANDLER] })
    const outer = createTestFacsimile({ snippets: [SCRIPT] })
    const { port } = await serveFiltered(underPolicy(NONCE), { facsimile: outer, inside: [inner.middleware] })
    expect((await fetchRaw(port)).body.toString()).toBe(pageWith('<script nonce="r4nd0m">s=1</script>'))
  })
})

describe("rule 21: with csp: 'hash'", () => {
  const HASH = { csp: 'hash' } as const

  test('the policy that blocks gets the hash, and no other byte of the headers changes', async () => {
    const policies = ["script-src 'self'; img-src *", "default-src 'none', style-src 'none'"]
    const response = await answerOf(underPolicy(policies), HASH)
    expect(response.body.toString()).toBe(pageWith(SCRIPT.html))
    expect(response.lines.slice(0, 5)).toEqual([
      ['X-Before', '1'],
      ['Content-Security-Policy', `script-src 'self' ${hashOf('s=1')}; img-src *`],
      ['Content-Security-Policy', `default-src 'none'; script-src ${hashOf('s=1')}, style-src 'none'`],
      ['X-After', '2'],
      ['Content-Type', 'text/html'],
    ])
    expect(response.header('facsimile-status')).toBe('injected; snippets=1')
  })

  test('the hash is that of the text as this very page has it', async () => {
    const settings = { ...HASH, snippets: [RECORDER], disableCache: false }
    const response = await answerOf(underPolicy("script-src 'self'"), settings)
    const script = /<script>(f\("\/facsimile\?t=[\w-]{32}"\))<\/script>/.exec(response.body.toString())?.[1] ?? ''
    expect(response.header('content-security-policy')).toBe(`script-src 'self' ${hashOf(script)}`)
  })

  test('a page with a nonce and a page without a policy keep their headers', async () => {
    expect((await answerOf(underPolicy(NONCE), HASH)).header('content-security-policy')).toBe(NONCE)
    const bare = await answerOf(underPolicy('1', 'X-Other'), HASH)
    expect([bare.header('content-security-policy'), bare.body.toString()]).toEqual([undefined, pageWith(SCRIPT.html)])
  })

  test('policies in the arguments of writeHead() are edited as well', async () => {
    const headers = ['content-security-policy', "script-src 'self'", 'Content-Type', 'text/html']
    const response = await answerOf((_req, res) => void res.writeHead(200, headers).end(PAGE), HASH)
    expect(response.header('content-security-policy')).toBe(`script-src 'self' ${hashOf('s=1')}`)
  })

  test.each(['s=1', "s='Käse'"])('a 304 repeats the policy of its page, and HEAD tells it (%s)', async (script) => {
    const { port } = await serveFiltered(
      (req, res) => {
        res.setHeader('Content-Security-Policy', "script-src 'self'").setHeader('ETag', '"v1"')
        if (req.headers['if-none-match'] === '"v1"') res.writeHead(304).end()
        else res.setHeader('Content-Type', 'text/html; charset=utf-8').end(PAGE)
      },
      { settings: { snippets: [{ ...SCRIPT, html: `<script>${script}</script>` }], ...HASH } },
    )
    const page = await fetchRaw(port)
    const policy = `script-src 'self' ${hashOf(script)}`
    const again = await fetchRaw(port, { headers: { 'If-None-Match': page.header('etag') ?? '' } })
    expect([again.status, again.header('content-security-policy')]).toEqual([304, policy])
    expect((await fetchRaw(port, { method: 'HEAD' })).header('content-security-policy')).toBe(policy)
  })

  test('what no hash can allow is left out', async () => {
    const response = await answerOf(underPolicy("default-src 'self'"), { ...HASH, snippets: [HANDLER] })
    expect(response.body.toString()).toBe(PAGE)
    expect(response.header('content-security-policy')).toBe("default-src 'self'")
    expect(response.header('facsimile-status')).toBe('injected; snippets=0; blocked=1')
  })
})

describe('rule 21: the stored copy', () => {
  const snippets = [SCRIPT, { ...RECORDER, html: `${RECORDER.html}<script nonce="%Nonce%">n="%Nonce%"</script>` }]
  const whole: RequestListener = underPolicy(NONCE)
  const streamed: RequestListener = (_req, res) => {
    res.writeHead(200, { 'Content-Security-Policy': NONCE, 'Content-Type': 'text/html' })
    for (const piece of PAGE.match(/[^]{1,7}/g) ?? []) res.write(piece)
    res.end()
  }

  test.each([
    ['whole', whole],
    ['in pieces', streamed],
  ])('holds no nonce of ours, and is the sent page in all else: %s', async (_how, handler) => {
    for (const storeAs of ['produced', 'sent'] as const) {
      const { port } = await serveFiltered(handler, {
        settings: { snippets, storeAs, disableCache: false, ...VIEWER },
      })
      const sent = (await fetchRaw(port)).body.toString()
      expect(sent.split('r4nd0m')).toHaveLength(5)
      const path = JSON.parse(/f\((".*?")\)/.exec(sent)?.[1] ?? '""') as string
      const copy = await fetchRaw(port, { path })
      expect(copy.body.toString()).toBe(storeAs === 'sent' ? sent.replaceAll('r4nd0m', '') : PAGE)
      const digest = createHash('sha256').update(copy.body).digest('base64')
      expect(copy.header('repr-digest')).toBe(`sha-256=:${digest}:`)
    }
  })

  test('holds what the application placed itself, since it is the page', async () => {
    const page = PAGE.replace('<body>', '<body><script nonce="r4nd0m">own</script>')
    const { port } = await serveFiltered(
      (_req, res) => res.writeHead(200, { 'Content-Security-Policy': NONCE, 'Content-Type': 'text/html' }).end(page),
      { settings: { snippets: [RECORDER], storeAs: 'sent', disableCache: false, ...VIEWER } },
    )
    const path = JSON.parse(/f\((".*?")\)/.exec((await fetchRaw(port)).body.toString())?.[1] ?? '""') as string
    await eventually('the copy is there', async () => (await fetchRaw(port, { path, method: 'HEAD' })).status === 200)
    expect((await fetchRaw(port, { path })).body.toString()).toContain(
      `<script nonce="r4nd0m">own</script><p>Tea</p><script nonce="">f(${JSON.stringify(path)})</script>`,
    )
  })
})

describe('Facsimile-Status', () => {
  test('counts what went in: snippets beyond ASCII stay out of pages that are not UTF-8', async () => {
    const snippets = [SCRIPT, { name: 'umlaut', placement: 'body-end', html: '<p>ä</p>' } as const]
    const page = (charset: string): RequestListener => {
      return (_req, res) => res.setHeader('Content-Type', `text/html; charset=${charset}`).end(PAGE)
    }
    const latin = await answerOf(page('iso-8859-1'), { snippets })
    expect([latin.header('facsimile-status'), latin.body.toString()]).toEqual([
      'injected; snippets=1',
      pageWith(SCRIPT.html),
    ])
    const utf8 = await answerOf(page('utf-8'), { snippets })
    expect(utf8.header('facsimile-status')).toBe('injected; snippets=2')
    const none = await answerOf(page('iso-8859-1'), { snippets: snippets.slice(1) })
    expect([none.header('facsimile-status'), none.body.toString()]).toEqual(['injected; snippets=0', PAGE])
  })
})

test('rule 21: over HTTP/2 too, where the host has a field of its own', async () => {
  const own = { name: 'own', placement: 'head-end', html: '<script src=/own.js></script>' } as const
  const { middleware } = createTestFacsimile({ snippets: [own, SCRIPT], csp: 'hash' })
  const client = await serveHttp2(
    behind([middleware], (req, res) => {
      res.setHeader('content-security-policy', ["img-src 'self'", `script-src ${req.authority}`])
      res.setHeader('content-type', 'text/html')
      res.end(PAGE)
    }),
  )
  const { headers, text } = await askHttp2(client, '/')
  expect(text).toBe(pageWith(own.html + SCRIPT.html))
  expect(headers['content-security-policy']).toMatch(/^img-src 'self', script-src 127\.0\.0\.1:\d+ 'sha256-[^ ]+'$/)
})

// Rules 12 and 15 for what comes before and after a page: trailers, and answers of status 1xx.
import type { RequestListener, ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { fetchRaw, openConnection, requestText } from '../../support/raw-http.js'
import { PAGE, PAGE_WITH_SNIPPETS, serveFiltered, servePair } from '../../support/filtered-site.js'

const html = (res: ServerResponse) => res.setHeader('Content-Type', 'text/html')

/** All that comes until the server closes, the date left out. */
async function wireOf(port: number, headers: Record<string, string> = {}): Promise<string> {
  const connection = await openConnection(port)
  connection.send(requestText({ headers: { Connection: 'close', ...headers } }))
  return (await connection.readToEnd()).toString('latin1').replace(/\r\nDate: [^\r]*/g, '')
}

describe('rule 12: trailers', () => {
  const ends: readonly [string, (res: ServerResponse) => unknown][] = [
    ['given whole', (res) => res.end(PAGE)],
    ['streamed', (res) => res.write(PAGE.slice(0, 50)) && res.end(PAGE.slice(50))],
    ['streamed, with a tail of its own', (res) => res.write(PAGE.slice(0, -14)) && res.end('</body></html>')],
  ]

  test.each(ends)('that the headers announce follow the last chunk (page %s)', async (_name, end) => {
    const { port } = await serveFiltered((_req, res) => {
      html(res).setHeader('Trailer', 'Server-Timing')
      res.addTrailers({ 'Server-Timing': 'total;dur=1' })
      end(res)
    })
    const wire = await wireOf(port)
    expect(wire).toMatch(/\r\nTransfer-Encoding: chunked\r\n/)
    expect(wire).not.toMatch(/Content-Length/i)
    expect(wire).toMatch(/\r\n0\r\nServer-Timing: total;dur=1\r\n\r\n$/)
  })

  test('of a page that is streamed are sent even unannounced, as from a bare server', async () => {
    const { bare, filtered } = await servePair((_req, res) => {
      html(res).write(PAGE.slice(0, 50))
      res.addTrailers([['X-Sum', 'late']])
      res.end(PAGE.slice(50))
    })
    for (const { port } of [bare, filtered]) expect(await wireOf(port)).toMatch(/\r\n0\r\nX-Sum: late\r\n\r\n$/)
  })

  test.each<[string, RequestListener]>([
    ['no page', (_req, res) => res.setHeader('Content-Type', 'text/plain').end('Tea')],
    ['a page that is not to be changed', (_req, res) => html(res).setHeader('Cache-Control', 'no-transform').end(PAGE)],
  ])('of what is passed over leave as from a bare server: %s', async (_name, answer) => {
    const { bare, filtered } = await servePair((req, res) => {
      res.setHeader('Trailer', 'X-Sum')
      res.addTrailers({ 'X-Sum': '1' })
      answer(req, res)
    })
    expect(await wireOf(filtered.port)).toBe(await wireOf(bare.port))
  })
})

describe('rule 15: answers of status 1xx before a page', () => {
  test.each<[string, (res: ServerResponse) => unknown, readonly number[]]>([
    ['early hints', (res) => res.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' }), [103]],
    ['102 Processing', (res) => res.writeProcessing(), [102]],
    ['100 Continue that the handler writes itself', (res) => res.writeContinue(), [100]],
    [
      'several of them',
      (res) => {
        res.writeProcessing()
        res.writeEarlyHints({
          link: ['</a.css>; rel=preload; as=style', '</b.js>; rel=preload; as=script'],
          'x-id': '7',
        })
        res.writeEarlyHints({ link: '</c.css>; rel=preload; as=style' })
      },
      [102, 103, 103],
    ],
  ])('leave at once and change nothing of it: %s', async (_name, write, statuses) => {
    let answer!: () => void
    const handler: RequestListener = (_req, res) => {
      write(res)
      answer = () => html(res).setHeader('Content-Length', PAGE.length).end(PAGE)
    }
    const { bare, filtered } = await servePair(handler)
    const informational = async (port: number) => {
      const connection = await openConnection(port)
      connection.send(requestText())
      const wires: string[] = []
      for (const status of statuses) {
        const hint = await connection.read()
        expect(hint.status).toBe(status)
        wires.push(hint.wire.toString())
      }
      answer()
      const page = await connection.read()
      connection.destroy()
      return { wires, page }
    }
    const expected = await informational(bare.port)
    const actual = await informational(filtered.port)
    expect(actual.wires).toEqual(expected.wires)
    expect(expected.page.body.toString()).toBe(PAGE)
    expect([actual.page.framing, actual.page.body.toString()]).toEqual(['length', PAGE_WITH_SNIPPETS])
  })

  test('writeHead(103) is refused to a page by nobody but Node', async () => {
    const { bare, filtered } = await servePair((_req, res) => {
      try {
        res.writeHead(103, { 'Content-Type': 'text/html', Link: '</a.css>; rel=preload' })
        res.end(PAGE)
      } catch (error) {
        res.writeHead(500).end((error as NodeJS.ErrnoException).code)
      }
    })
    expect(await wireOf(filtered.port)).toBe(await wireOf(bare.port))
  })
})

describe('rule 12: the rest of a connection', () => {
  const page: RequestListener = (_req, res) => html(res).end(PAGE)

  test.each([
    ['by the client', page, { Connection: 'close' }],
    ['by the application', (_req, res) => html(res.setHeader('Connection', 'close')).end(PAGE), {}],
    [
      'by the application, streamed',
      (_req, res) => html(res.setHeader('Connection', 'close')).write(PAGE) && res.end(),
      {},
    ],
    [
      'by the application that wants no keep-alive',
      (_req, res) => {
        res.shouldKeepAlive = false
        html(res).end(PAGE)
      },
      {},
    ],
  ] as [string, RequestListener, Record<string, string>][])(
    'that is closed after the answer ends with the whole page: %s',
    async (_name, handler, headers) => {
      const { port } = await serveFiltered(handler)
      const connection = await openConnection(port)
      connection.send(requestText({ headers }))
      const response = await connection.read()
      expect([response.header('connection'), response.body.toString()]).toEqual(['close', PAGE_WITH_SNIPPETS])
      expect((await connection.readToEnd()).toString()).toBe('')
    },
  )

  test('a request to upgrade that nobody takes gets its page', async () => {
    const { port } = await serveFiltered(page)
    const headers = { Connection: 'Upgrade', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' }
    expect((await fetchRaw(port, { headers })).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test('a connection that the server upgrades is no affair of the filter', async () => {
    const { port, server } = await serveFiltered(page)
    server.on('upgrade', (_req, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n')
      socket.pipe(socket)
    })
    const connection = await openConnection(port)
    connection.send(requestText({ headers: { Connection: 'Upgrade', Upgrade: 'echo' } }))
    await connection.readUntil('\r\n\r\n')
    connection.send(PAGE)
    expect(await connection.readUntil('</html>')).toMatch(/\r\n\r\n<!doctype html>.*<\/html>$/)
    expect(connection.unread.toString()).not.toContain('<script>')
    connection.destroy()
    // Other connections go on.
    expect((await fetchRaw(port)).body.toString()).toBe(PAGE_WITH_SNIPPETS)
  })

  test('HTTP/1.0 with keep-alive serves one page after the other', async () => {
    const { port } = await serveFiltered(page)
    const connection = await openConnection(port)
    for (let round = 0; round < 2; round++) {
      const response = await connection.ask({ version: '1.0', headers: { Connection: 'keep-alive' } })
      expect([response.framing, response.body.toString()]).toEqual(['length', PAGE_WITH_SNIPPETS])
    }
    connection.destroy()
  })
})

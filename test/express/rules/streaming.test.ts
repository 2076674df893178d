// Rules 7 and 8: a byte leaves when the handler writes it, and a long page needs no more memory than a short one.
import type { ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { collectGarbage } from '../../support/collect-garbage.js'
import { openConnection, requestText } from '../../support/raw-http.js'
import { BODY_SNIPPET, PAGE, PAGE_WITH_SNIPPETS, serveFiltered } from '../../support/filtered-site.js'

/** A site whose one page is written by the test, piece by piece. */
async function serveByHand() {
  let res!: ServerResponse
  let arrived!: () => void
  const arrival = new Promise<void>((resolve) => (arrived = resolve))
  const { port } = await serveFiltered((_req, response) => {
    res = response.setHeader('Content-Type', 'text/html')
    arrived()
  })
  const connection = await openConnection(port)
  connection.send(requestText())
  await arrival
  return { res, connection }
}

/** What came, without the lines that frame its chunks. */
const unframed = (wire: string) => wire.replace(/\r\n[0-9a-f]+\r\n/g, '')

describe('rule 7: nothing waits without need', () => {
  test('the head of the page leaves while the handler is still busy', async () => {
    const { res, connection } = await serveByHand()
    res.write('<!doctype html><html><head></head><body><h1>Soon')
    await connection.readUntil('<h1>Soon')
    res.end('</h1></body></html>')
    expect((await connection.read()).body.toString()).toContain(`</h1>${BODY_SNIPPET}</body></html>`)
    connection.destroy()
  })

  test('of a part that ends in "</bo" only these four bytes wait, and the tag is put together', async () => {
    const { res, connection } = await serveByHand()
    res.write('<!doctype html><html><head></head><body><p>Tea</p></bo')
    expect(await connection.readUntil('Tea</p>')).not.toContain('</bo')
    res.end('dy></html>')
    expect((await connection.read()).body.toString()).toContain(`Tea</p>${BODY_SNIPPET}</body></html>`)
    connection.destroy()
  })

  test.each([
    ['comment', '<!-- a long comment: '],
    ['script', '<script>let a = "'],
    ['attribute', '<a title="a long title: '],
  ])('an open %s is not held back', async (_name, open) => {
    const { res, connection } = await serveByHand()
    res.write(`<!doctype html><html><head></head><body>${open}${'x'.repeat(3000)} here`)
    await connection.readUntil(' here')
    res.destroy()
    connection.destroy()
  })

  test('what follows a tag and a comment, and is no tail, is not held back', async () => {
    const { res, connection } = await serveByHand()
    res.write('<!doctype html><html><head></head><body></body><!-- a --><p>late</p>')
    await connection.readUntil('<p>late</p>')
    res.end()
    const { body } = await connection.read()
    expect(body.toString()).toMatch(/<\/body><!-- a --><p>late<\/p><script>b=1<\/script>$/)
    connection.destroy()
  })

  test('an open comment in the head is not held back either', async () => {
    const { res, connection } = await serveByHand()
    res.write(`<!doctype html><html><head><!-- ${'x'.repeat(3000)} here`)
    await connection.readUntil(' here')
    res.destroy()
    connection.destroy()
  })

  test('a whole tail waits for the end of the page, and leaves after a quarter of a second of silence', async () => {
    const { res, connection } = await serveByHand()
    res.write(PAGE)
    expect(await connection.readUntil('Tea</p>')).not.toContain('</body>')
    const text = await connection.readUntil('</html>')
    expect(unframed(text)).toContain(`${BODY_SNIPPET}</body></html>`)
    res.write('<!-- served in 1 ms -->')
    res.end('<p>late</p>')
    expect((await connection.read()).body.toString()).toBe(`${PAGE_WITH_SNIPPETS}<!-- served in 1 ms --><p>late</p>`)
    connection.destroy()
  })

  test('a tail that turns out to be none is passed on with what follows it', async () => {
    const { res, connection } = await serveByHand()
    res.write('<!doctype html><html><head></head><body></body> ')
    res.write('<p>more</p>')
    expect(unframed(await connection.readUntil('more</p>'))).toContain('<body></body> <p>')
    res.end('</body>')
    expect((await connection.read()).body.toString()).toContain(`<p>more</p>${BODY_SNIPPET}</body>`)
    connection.destroy()
  })
})

describe('rule 8: memory', () => {
  test('a page of 20 MB passes with a few MB of memory', async () => {
    const chunk = Buffer.from(`<p>${'x'.repeat(65_529)}</p>`)
    const rounds = 320
    let peak = 0
    const { port } = await serveFiltered(
      (_req, res) => {
        res.setHeader('Content-Type', 'text/html').write('<!doctype html><html><head></head><body>')
        let written = 0
        const more = () => {
          while (written < rounds) {
            written++
            if (written % 64 === 0) {
              collectGarbage()
              peak = Math.max(peak, process.memoryUsage().arrayBuffers)
            }
            if (!res.write(chunk)) return void res.once('drain', more)
          }
          res.end('</body></html>')
        }
        more()
      },
      { settings: { disableCache: false, maxPageBytes: 1024 * 1024 } },
    )
    const connection = await openConnection(port)
    // The client counts and forgets.
    connection.socket.removeAllListeners('data')
    let received = 0
    let last = ''
    collectGarbage()
    const before = process.memoryUsage().arrayBuffers
    await new Promise<void>((resolve) => {
      connection.socket.on('data', (data: Buffer) => {
        received += data.length
        last = (last + data.subarray(-100).toString('latin1')).slice(-100)
        if (last.endsWith('\r\n0\r\n\r\n')) resolve()
      })
      connection.send(requestText())
    })
    expect(received).toBeGreaterThan(rounds * chunk.length)
    expect(last).toContain(`${BODY_SNIPPET}</body></html>`)
    expect(peak - before).toBeLessThan(6 * 1024 * 1024)
    connection.destroy()
  })
})

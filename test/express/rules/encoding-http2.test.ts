// Rule 19 over HTTP/2, whose responses keep elsewhere whether they have ended.
import { constants, type Http2ServerResponse } from 'node:http2'
import { Readable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import type { FacsimileSettings } from '@facsimile/express'
import { eventually } from '../../support/eventually.js'
import { createTestFacsimile, PAGE, withSnippets } from '../../support/filtered-site.js'
import { asHttp1, askHttp2, behind, serveHttp2, type Http2Handler } from '../../support/http2-site.js'
import { inPieces, longPage } from '../support/coded-bodies.js'

const STORING = { disableCache: false, allowedAddresses: ['127.0.0.1'] }

const html = (res: Http2ServerResponse) => {
  res.setHeader('content-type', 'text/html')
  res.setHeader('content-encoding', 'gzip')
  return res
}

async function serve(handler: Http2Handler, settings: FacsimileSettings = {}) {
  const facsimile = createTestFacsimile(settings)
  return { facsimile, client: await serveHttp2(behind([facsimile.middleware], handler)) }
}

describe('rule 19: a compressed page over HTTP/2', () => {
  const sends: readonly [string, (res: Http2ServerResponse, body: Buffer) => unknown][] = [
    ['given whole', (res, body) => res.end(body)],
    ['after writeHead()', (res, body) => res.writeHead(200).end(body)],
    ['streamed', (res, body) => (res.write(body.subarray(0, 40)), res.end(body.subarray(40)))],
    ['piped', (res, body) => Readable.from(inPieces(body, 3000)).pipe(res)],
  ]

  test.each(sends)('gets its snippets and is stored, %s', async (_name, send) => {
    for (const page of [PAGE, longPage(1_000_000)]) {
      let token: string | undefined
      const site = await serve((_req, res) => {
        token = site.facsimile.tokenFor(asHttp1(res))
        send(html(res), gzipSync(page))
      }, STORING)
      const reply = await askHttp2(site.client)
      expect(reply.headers['content-encoding']).toBe('gzip')
      expect(gunzipSync(reply.body).equals(Buffer.from(withSnippets(page)))).toBe(true)
      await site.facsimile.flush()
      expect((await askHttp2(site.client, `/facsimile?t=${String(token)}`)).text === page).toBe(true)
    }
  })

  test.each(sends)('leaves as it came where it cannot be decoded, %s', async (_name, send) => {
    const body = Buffer.from(PAGE)
    const { client } = await serve((_req, res) => send(html(res), body))
    expect((await askHttp2(client)).body).toEqual(body)
  })

  test('ends for the application when it ends it, and calls back when it has left', async () => {
    const seen: unknown[] = []
    const { client } = await serve((_req, res) => {
      html(res).end(gzipSync(PAGE), () => seen.push('done'))
      seen.push(res.writableEnded, Reflect.get(res, 'finished'))
      res.end()
      res.end(() => seen.push('done again'))
    })
    expect(gunzipSync((await askHttp2(client)).body).toString()).toBe(withSnippets(PAGE))
    await eventually('both are called', () => seen.length === 4)
    expect(seen.slice(0, 2)).toEqual([true, true])
    expect(seen.slice(2).sort()).toEqual(['done', 'done again'])
  })

  test('calls back when the client can have what was written', async () => {
    const page = longPage(1000)
    const { client } = await serve((_req, res) => {
      html(res).write(gzipSync(page).subarray(0, -20), () => res.stream.close())
      res.write(gzipSync(page).subarray(-20))
      res.end()
    })
    const stream = client.request({ ':path': '/' })
    let bytes = 0
    stream.on('data', (data: Buffer) => (bytes += data.length))
    await new Promise((resolve) => stream.on('error', () => undefined).on('close', resolve))
    expect(bytes).toBeGreaterThan(100)
  })

  test.each([true, false])(
    'a write() after its end is an error and resets it, as it does without a filter (with a callback: %s)',
    async (hasCallback) => {
      const codes: unknown[] = []
      const { client } = await serve((_req, res) => {
        html(res).end(gzipSync(PAGE))
        const note = (error?: Error | null) => codes.push((error as NodeJS.ErrnoException).code, error?.message)
        codes.push(hasCallback ? res.write('late', note) : res.write('late'))
      })
      await expect(askHttp2(client)).rejects.toThrow()
      expect(codes).toEqual(hasCallback ? [false, 'ERR_STREAM_WRITE_AFTER_END', 'write after end'] : [false])
    },
  )

  test('that is reset midway is not stored', async () => {
    let token: string | undefined
    let isClosed = false
    const site = await serve((_req, res) => {
      token = site.facsimile.tokenFor(asHttp1(res))
      res.on('close', () => (isClosed = true))
      html(res).write(gzipSync(longPage(1_000_000)))
      res.end()
    }, STORING)
    const stream = site.client.request({ ':path': '/' })
    stream.on('error', () => undefined)
    stream.once('data', () => stream.close(constants.NGHTTP2_CANCEL))
    await eventually('the handler is told', () => isClosed)
    await site.facsimile.flush()
    expect((await askHttp2(site.client, `/facsimile?t=${String(token)}`)).status).toBe(404)
  })
})

// The answers of the debug page, each with headers that let nothing in from elsewhere.
import { STATUS_CODES, type OutgoingHttpHeaders } from 'node:http'
import { ALWAYS_SENT, type Answer } from '../own-answer.js'
import { html, type Html } from './html.js'
import { sentence } from './views/parts.js'

/** On every answer: nothing from elsewhere, nothing inline, in nobody's frame. */
export const SAFE = {
  ...ALWAYS_SENT,
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
}

export function answerOf(content: Buffer | string, contentType: string): Answer {
  const body = Buffer.isBuffer(content) ? content : Buffer.from(content)
  return { status: 200, headers: { ...SAFE, 'Content-Type': contentType, 'Content-Length': body.length }, body }
}

export function page(content: Html): Answer {
  return answerOf(content.toString(), 'text/html; charset=utf-8')
}

export function json(value: object): Answer {
  return answerOf(`${JSON.stringify(value, undefined, 2)}\n`, 'application/json; charset=utf-8')
}

/** One sentence, as a page that needs nothing else: who is refused gets no style either. */
export function said(status: number, text: string, headers: OutgoingHttpHeaders = {}): Answer {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`
  const { body, headers: ofPage } = page(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title} · Facsimile debug page</title>
        </head>
        <body>
          <main>
            <h1>${title}</h1>
            <p>${sentence(text)}</p>
          </main>
        </body>
      </html>`,
  )
  return { status, headers: { ...ofPage, ...headers }, body }
}

// The answers of the debug page, each with headers that let nothing in from elsewhere.
import type { OutgoingHttpHeaders } from 'node:http'
import { ALWAYS_SENT, plainAnswer, type Answer } from '../own-answer.js'
import type { Html } from './html.js'

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

/** One sentence, as text. */
export function said(status: number, sentence: string, headers: OutgoingHttpHeaders = {}): Answer {
  return plainAnswer(status, sentence, { ...SAFE, ...headers })
}

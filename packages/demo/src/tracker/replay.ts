// Replaying foreign HTML safely: in a sandbox of its own origin, without scripts, forms, or a way out.
import type { RequestHandler, Response } from 'express'
import { isFetched, textOf } from './fetched-text.js'
import type { Recording, Recordings } from './recordings.js'

/** The three views of one recording. */
const VIEWS = ['visitor', 'copy', 'anonymous'] as const
export type View = (typeof VIEWS)[number]

/** `GET /recordings/:id/replay/:view` */
export function createReplay(recordings: Recordings): RequestHandler<{ id: string; view: string }> {
  return (req, res) => {
    const recording = recordings.find(Number(req.params.id))
    const view = VIEWS.find((name) => name === req.params.view)
    const page = recording && view && pageOf(recording, view)
    if (page === undefined) {
      res.status(404).type('text').send('There is nothing to replay here.\n')
      return
    }
    sendSandboxed(res, page, recording?.beacon.origin ?? '')
  }
}

/** The HTML of a view; `undefined` when the request for it had no answer. */
export function pageOf(recording: Recording, view: View): string | undefined {
  if (view === 'visitor') return recording.beacon.snapshot
  const result = recording[view]
  return isFetched(result) ? textOf(result) : undefined
}

/** The page's own styles and pictures are public files of the shop; nothing else may be loaded, and nothing runs. */
function sendSandboxed(res: Response, page: string, origin: string): void {
  res.set({
    'Content-Security-Policy': `sandbox; default-src 'none'; style-src ${origin}; img-src ${origin}; base-uri ${origin}; frame-ancestors 'self'`,
    'Content-Type': 'text/html; charset=utf-8',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  })
  res.send(withBase(page, origin))
}

/** Links open nowhere: a sandbox has no popups. `origin` is one of the shop's own, so it needs no escaping. */
function withBase(page: string, origin: string): string {
  const base = `<base href="${origin}/" target="_blank">`
  const place = /<head\b[^>]{0,500}>/i.exec(page) ?? /^\s{0,500}<!doctype[^>]{0,500}>/i.exec(page)
  const index = place ? place.index + place[0].length : 0
  return page.slice(0, index) + base + page.slice(index)
}

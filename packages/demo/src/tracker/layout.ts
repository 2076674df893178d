// The frame around every page of Replay desk, and the small pieces that its pages share.
import { html, type Html, type HtmlValue } from '../html.js'
import type { Recording } from './recordings.js'

export interface DeskPage {
  readonly title: string
  readonly shopUrl: string
  readonly main: Html
  /** Whether the page updates itself where scripts run. */
  readonly live?: boolean
}

export function renderLayout({ title, shopUrl, main, live }: DeskPage): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Replay desk</title>
        <link rel="icon" href="/mark.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/tracker.css" />
        ${live && html`<script src="/live-list.js" defer></script>`}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="masthead">
          <a class="brand" href="/"><img src="/mark.svg" alt="" width="28" height="28" /> Replay desk</a>
          <nav aria-label="Sites"><a href="/">Recordings</a> <a href="${shopUrl}/" target="shop">Open the shop</a></nav>
        </header>
        <main id="main" tabindex="-1">${main}</main>
        <footer>
          <p>A stand-in for a tracking service. It keeps its last recordings in memory and tells nobody.</p>
        </footer>
      </body>
    </html> `.text
}

/** A mark with words; never colour alone. */
export function chip(good: boolean, words: HtmlValue): Html {
  return html`<span class="chip ${good ? 'is-good' : 'is-bad'}"
    ><span aria-hidden="true">${good ? '✓' : '✕'}</span> ${words}</span
  >`
}

export function timeOf(unixMs: number): Html {
  const instant = new Date(unixMs)
  return html`<time datetime="${instant.toISOString()}">${instant.toLocaleTimeString('en-GB')}</time>`
}

/** 5312 becomes `5,312 bytes`. */
export function formatBytes(bytes: number): string {
  return `${bytes.toLocaleString('en-GB')} bytes`
}

export function viewSize({ beacon }: Recording): string {
  return `${beacon.view.width} × ${beacon.view.height}`
}

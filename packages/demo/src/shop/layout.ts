// The frame around every page of the shop: the ribbon about recording, the navigation, the foot.
import { html, type Html } from '../html.js'
import type { Page, Visit } from './answers.js'

const NAVIGATION = [
  ['/', 'Catalogue'],
  ['/draw', 'The draw'],
  ['/basket', 'Basket'],
  ['/account', 'Account'],
] as const

export function renderLayout(visit: Visit, page: Page): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${page.title} · Lantern &amp; Loom</title>
        <link rel="icon" href="/mark.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/shop.css" />
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        ${ribbon(visit)}
        <header class="masthead">
          <a class="brand" href="/"><img src="/mark.svg" alt="" width="36" height="36" /> Lantern <i>&amp;</i> Loom</a>
          <nav aria-label="Shop">
            ${NAVIGATION.map(([path, name]) => html`<a href="${path}" ${path === visit.path && html`aria-current="page"`}>${name}${path === '/basket' && basketCount(visit)}</a> `)}
            ${visit.session.customer ? signOutButton(visit) : html`<a href="/login" ${visit.path === '/login' && html`aria-current="page"`}>Sign in</a>`}
          </nav>
        </header>
        <main id="main" tabindex="-1">${page.main}</main>
        <footer>
          <p>
            Lantern &amp; Loom is an invented shop. Nobody here takes your money, and all of it is forgotten when the
            server stops.
          </p>
          ${visit.serverName !== undefined && html`<p>This page was served by ${visit.serverName}.</p>`}
        </footer>
      </body>
    </html> `
}

/** The hidden field that every form of the shop carries. */
export function formToken(visit: Visit): Html {
  return html`<input type="hidden" name="form-token" value="${visit.session.formToken}" />`
}

function ribbon(visit: Visit): Html {
  const back = visit.method === 'GET' ? visit.path : '/'
  return html`<aside class="ribbon${!visit.recorded && ' is-off'}" aria-label="Recording">
    <p>
      <span class="lamp" aria-hidden="true"></span> ${
        visit.recorded
          ? html`<b>This page is recorded.</b>
              <a href="${visit.trackerUrl}/" target="replay-desk">Watch it in Replay desk</a>`
          : html`<b>You have opted out.</b> This page carries no tracking code and no copy is kept.`
      }
    </p>
    <form method="post" action="${visit.recorded ? '/opt-out' : '/opt-in'}">
      ${formToken(visit)}
      <input type="hidden" name="back" value="${back}" />
      <button class="link">${visit.recorded ? 'Opt out' : 'Opt in again'}</button>
    </form>
  </aside>`
}

function basketCount({ session }: Visit): Html | false {
  const pieces = [...session.basket.values()].reduce((sum, count) => sum + count, 0)
  return pieces > 0 && html` <span class="count">${pieces}<span class="unseen"> in it</span></span>`
}

function signOutButton(visit: Visit): Html {
  return html`<form method="post" action="/logout">${formToken(visit)}<button class="link">Sign out</button></form>`
}

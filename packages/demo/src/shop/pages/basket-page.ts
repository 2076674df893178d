// The basket, which lives in the session: each visitor is shown another one under the same address.
import { html, type Html } from '../../html.js'
import type { Answer, Page, Visit } from '../answers.js'
import { findProduct, formatPrice, type Product } from '../catalogue.js'
import { formToken } from '../layout.js'
import type { Session } from '../sessions.js'

const MAX_PIECES = 9

export interface BasketLine {
  readonly product: Product
  readonly pieces: number
}

export function basketLines({ basket }: Session): readonly BasketLine[] {
  return [...basket].flatMap(([id, pieces]) => {
    const product = findProduct(id)
    return product ? [{ product, pieces }] : []
  })
}

export function basketTotal(lines: readonly BasketLine[]): number {
  return lines.reduce((sum, { product, pieces }) => sum + product.priceCents * pieces, 0)
}

export function addToBasket(visit: Visit): Answer {
  const { basket } = visit.session
  const product = findProduct(visit.field('product'))
  if (product) basket.set(product.id, Math.min((basket.get(product.id) ?? 0) + 1, MAX_PIECES))
  return { redirect: '/basket' }
}

export function removeFromBasket(visit: Visit): Answer {
  visit.session.basket.delete(visit.field('product'))
  return { redirect: '/basket' }
}

export function basketPage(visit: Visit): Page {
  const lines = basketLines(visit.session)
  return {
    title: 'Basket',
    main: html` <h1>Your basket</h1>
      ${lines.length === 0 ? html`<p>Nothing in it yet. <a href="/">Have a look at the shelf</a></p>` : filled(visit, lines)}`,
  }
}

function filled(visit: Visit, lines: readonly BasketLine[]): Html {
  return html`<ul class="rows">
      ${lines.map((line) => row(visit, line))}
      <li class="total">
        <span class="grow">Together</span> <span class="price">${formatPrice(basketTotal(lines))}</span>
      </li>
    </ul>
    ${
      visit.session.customer
        ? html`<form class="actions" method="post" action="/order">
            ${formToken(visit)}<button>Place the order</button>
            <span class="aside">The confirmation answers this very POST: no address leads back to it.</span>
          </form>`
        : html`<p class="actions"><a class="button" href="/login?next=/basket">Sign in to order</a></p>`
    }`
}

function row(visit: Visit, { product, pieces }: BasketLine): Html {
  return html`<li>
    <img src="/art/${product.id}.svg" alt="" width="64" height="44" />
    <span class="grow"
      ><b>${product.name}</b> <span class="once">${pieces} × ${formatPrice(product.priceCents)}</span></span
    >
    <form method="post" action="/basket/remove">
      ${formToken(visit)}<input type="hidden" name="product" value="${product.id}" /><button class="link">
        Remove<span class="unseen"> ${product.name}</span>
      </button>
    </form>
    <span class="price">${formatPrice(product.priceCents * pieces)}</span>
  </li> `
}

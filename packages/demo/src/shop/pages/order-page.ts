// The order confirmation: the direct answer to a POST, shown once and found under no address.
import { randomInt } from 'node:crypto'
import { html } from '../../html.js'
import type { Answer, Visit } from '../answers.js'
import { formatPrice } from '../catalogue.js'
import { basketLines, basketTotal } from './basket-page.js'

/** How many orders one session remembers: they travel in a cookie, which holds 4 KB. */
export const MAX_ORDERS = 8

export function placeOrder({ session }: Visit): Answer {
  const { customer } = session
  if (!customer) return { redirect: '/login?next=/basket' }
  const lines = basketLines(session)
  if (lines.length === 0) return { redirect: '/basket' }

  const number = `LL-${randomInt(30_000, 99_999)}`
  const totalCents = basketTotal(lines)
  const what = lines
    .map(({ product, pieces }) => (pieces > 1 ? `${product.name}, ${pieces} pieces` : product.name))
    .join('; ')
  session.orders.unshift({ number, placedOn: 'just now', what, totalCents, state: 'New' })
  session.orders.splice(MAX_ORDERS)
  session.basket.clear()
  return {
    title: 'Thank you',
    main: html` <section class="receipt">
      <p class="kicker">Order ${number}</p>
      <h1>Thank you, ${customer.name}</h1>
      <ul class="rows">
        ${lines.map(
          ({ product, pieces }) =>
            html`<li>
              <span class="grow"
                ><b>${product.name}</b> <span class="once">${pieces} × ${formatPrice(product.priceCents)}</span></span
              >
              <span class="price">${formatPrice(product.priceCents * pieces)}</span>
            </li> `,
        )}
        <li class="total">
          <span class="grow">Charged to: ${customer.card}</span> <span class="price">${formatPrice(totalCents)}</span>
        </li>
      </ul>
      <p>It goes to ${customer.address.join(', ')} and leaves the workshop tomorrow.</p>
      <p class="aside">
        This page answered a POST. Whoever asks for its address is sent elsewhere, so only the copy in Replay desk shows
        it again.
      </p>
    </section>`,
  }
}

/** Asking for the address of a confirmation shows the orders, to their owner. */
export function orderAddress(): Answer {
  return { redirect: '/account' }
}

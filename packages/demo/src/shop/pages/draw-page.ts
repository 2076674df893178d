// A page that differs on every load: to ask for it a second time is to get another one.
import { randomInt } from 'node:crypto'
import { html } from '../../html.js'
import type { Page } from '../answers.js'
import { CATALOGUE, formatPrice } from '../catalogue.js'

export function drawPage(): Page {
  const product = CATALOGUE[randomInt(CATALOGUE.length)]
  if (!product) throw new Error('The catalogue is empty')
  const percentOff = 5 + 5 * randomInt(8)
  const ticket = String(randomInt(1_000_000)).padStart(6, '0')
  return {
    title: 'The draw',
    main: html` <section class="draw">
      <img src="/art/${product.id}.svg" alt="" width="320" height="220" />
      <div>
        <p class="kicker">Drawn for this page alone</p>
        <h1>${product.name}, ${percentOff}% off</h1>
        <p class="ticket"><span class="unseen">Your ticket: </span>${ticket.slice(0, 3)} ${ticket.slice(3)}</p>
        <p>
          ${formatPrice(Math.round((product.priceCents * (100 - percentOff)) / 100))} instead of
          <s>${formatPrice(product.priceCents)}</s>, for whoever holds this ticket.
        </p>
        <p class="actions"><a class="button" href="/draw">Draw again</a></p>
        <p class="aside">
          A crawler that asks for this address later gets another ticket. Only a copy kept while the page was sent shows
          yours.
        </p>
      </div>
    </section>`,
  }
}

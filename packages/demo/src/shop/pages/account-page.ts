// The page behind the login: private, and different for each customer.
import { html, type Html } from '../../html.js'
import type { Answer, Visit } from '../answers.js'
import { formatPrice } from '../catalogue.js'
import type { Order } from '../customers.js'

export function accountPage({ session }: Visit): Answer {
  const { customer } = session
  if (!customer) return { redirect: '/login?next=/account' }
  return {
    title: 'Your account',
    main: html` <p class="kicker">Customer since ${customer.since}</p>
      <h1>Welcome back, ${customer.name}</h1>
      <ul class="facts">
        <li>
          <h2>Lamp points</h2>
          <p class="big">${customer.points.toLocaleString('en-GB')}</p>
        </li>
        <li>
          <h2>Delivered to</h2>
          <p>${customer.address.map((line) => html`${line}<br />`)}</p>
        </li>
        <li>
          <h2>Paid by</h2>
          <p>${customer.card}</p>
        </li>
      </ul>
      <h2>Your orders</h2>
      <ul class="rows">
        ${[...session.orders, ...customer.orders].map(orderRow)}
      </ul>`,
  }
}

function orderRow(order: Order): Html {
  return html`<li>
    <span class="grow"><b>${order.number}</b> ${order.what}</span> <span>${order.placedOn}</span>
    <span class="state">${order.state}</span> <span class="price">${formatPrice(order.totalCents)}</span>
  </li> `
}

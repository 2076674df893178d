// The catalogue, which is also the shop's front page.
import { html, type Html } from '../../html.js'
import type { Page, Visit } from '../answers.js'
import { CATALOGUE, formatPrice, type Product } from '../catalogue.js'
import { formToken } from '../layout.js'

export function homePage(visit: Visit): Page {
  return {
    title: 'Catalogue',
    main: html` <section class="hero">
        <div>
          <p class="kicker">Light and cloth, made slowly</p>
          <h1>Things for the hour when the lamps come on</h1>
          <p class="lead">
            Six things from two workshops under one roof. Put some into your basket, sign in, order: whatever you are
            shown is what Replay desk records.
          </p>
          <p class="actions">
            <a class="button" href="${visit.session.customer ? '/account' : '/login'}"
              >${visit.session.customer ? 'Open your account' : 'Sign in as a demo customer'}</a
            >
            <a href="/draw">Try the draw</a>
          </p>
        </div>
        <img src="/art/hero.svg" alt="" width="520" height="360" />
      </section>
      <h2>The shelf</h2>
      <ul class="shelf">
        ${CATALOGUE.map((product) => card(visit, product))}
      </ul>`,
  }
}

function card(visit: Visit, product: Product): Html {
  return html`<li class="card">
    <img src="/art/${product.id}.svg" alt="" width="320" height="220" />
    <h3>${product.name}</h3>
    <p>${product.line}</p>
    <form method="post" action="/basket/add">
      ${formToken(visit)}
      <input type="hidden" name="product" value="${product.id}" />
      <span class="price">${formatPrice(product.priceCents)}</span>
      <button>Add<span class="unseen"> ${product.name} to the basket</span></button>
    </form>
  </li> `
}

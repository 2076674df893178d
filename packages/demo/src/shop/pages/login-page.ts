// Signing in, with the demo's customers and their passwords beside the form.
import { html } from '../../html.js'
import type { Answer, Page, Visit } from '../answers.js'
import { CUSTOMERS, findCustomer } from '../customers.js'
import { formToken } from '../layout.js'

/** Where signing in may lead; anything else leads to the account. */
const DESTINATIONS = ['/account', '/basket']

export function loginPage(visit: Visit): Page {
  return renderForm(visit, { user: '', next: visit.query('next'), failed: false })
}

/** A wrong password answers the POST with the form again; the right one begins another session and goes on. */
export function logIn(visit: Visit): Answer {
  const user = visit.field('user')
  const next = visit.field('next')
  const customer = findCustomer(user, visit.field('password'))
  if (!customer) return renderForm(visit, { user, next, failed: true })
  visit.signIn(customer)
  return { redirect: DESTINATIONS.includes(next) ? next : '/account' }
}

export function logOut(visit: Visit): Answer {
  visit.signOut()
  return { redirect: '/' }
}

function renderForm(visit: Visit, state: { user: string; next: string; failed: boolean }): Page {
  return {
    status: state.failed ? 401 : 200,
    title: 'Sign in',
    main: html` <section class="two">
      <form class="panel" method="post" action="/login">
        <h1>Sign in</h1>
        ${state.failed && html`<p class="notice" role="alert">No customer has this name and password. The two that exist are printed beside the form.</p>`}
        ${formToken(visit)}
        <input type="hidden" name="next" value="${state.next}" />
        <label for="user">Customer name</label>
        <input
          id="user"
          name="user"
          value="${state.user}"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          maxlength="60"
          required
        />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" maxlength="60" required />
        <button>Sign in</button>
      </form>
      <div class="credentials">
        <h2>Demo customers</h2>
        <dl>
          ${CUSTOMERS.map(
            (customer) =>
              html`<dt>${customer.name}</dt>
                <dd>name <code>${customer.user}</code>, password <code>${customer.password}</code></dd> `,
          )}
        </dl>
        <p class="aside">
          Behind this form lies a page that no crawler can reach by its address. Sign in and look at what Replay desk
          has of it.
        </p>
      </div>
    </section>`,
  }
}

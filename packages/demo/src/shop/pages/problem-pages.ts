// Pages for what goes wrong.
import { html } from '../../html.js'
import type { Page } from '../answers.js'

export function notFoundPage(): Page {
  return {
    status: 404,
    title: 'Not found',
    main: html`<section class="narrow">
      <h1>This shelf is empty</h1>
      <p>There is no such page here. <a href="/">Back to the catalogue</a></p>
    </section>`,
  }
}

export function outdatedFormPage(): Page {
  return {
    status: 403,
    title: 'Form out of date',
    main: html`<section class="narrow">
      <h1>This form is out of date</h1>
      <p>
        It belongs to a session that has ended, so nothing was done. <a href="/">Load a fresh page</a> and try again.
      </p>
    </section>`,
  }
}

// The section that explains one page of the site: a form for its path, and what became of it.
import type { InspectedSnippet, Inspection } from '../../inspection.js'
import { formatBytes, formatMs, shorten } from '../formats.js'
import { html, type Html, type HtmlValue } from '../html.js'
import type { ExplainedPage } from '../report.js'
import { chip, factTable, scrolling, section, sentence } from './parts.js'
import { verdictList } from './verdicts-view.js'

const OUTCOMES: Readonly<Record<InspectedSnippet['outcome'], string>> = {
  inserted: 'inserted',
  'not-meant': 'not meant for this page, by its `when` or for its charset',
  blocked: "left out, because the page's policy would block it",
  'not-needed': 'not needed: the page contains its `unlessPageContains`',
}
export function explainSection(explained: ExplainedPage | undefined, debugPath: string): Html {
  const typed = explained === undefined ? '' : 'refusal' in explained ? explained.typed : explained.inspection.path
  return section('explain', 'Explain a page', [
    html`<p>The page is asked for as your browser would, with your cookies; its copy is taken away again.</p>
      <form method="get" action="${debugPath}#explain" class="line">
        <label for="path">Path of a page</label>
        <input
          id="path"
          name="path"
          value="${typed}"
          placeholder="/account"
          autocomplete="off"
          maxlength="2048"
          required
        />
        <button>Explain</button>
      </form>`,
    explained !== undefined && ('refusal' in explained ? refusal(explained.refusal) : outcome(explained)),
  ])
}

function refusal(sentence: string): Html {
  return html`<p role="alert">${chip('warning', '!', 'Not a path')} ${sentence}</p>`
}

function outcome({ inspection, verdicts }: Extract<ExplainedPage, { readonly inspection: unknown }>): Html {
  const { path, status, durationMs, bytes, passes, passedOver, stored, headers } = inspection
  const shown = Object.entries(headers).map(
    ([name, value]) => [html`<code>${name}</code>`, html`<code>${value}</code>`] as const,
  )
  return html`<h3>What becomes of <code>${shorten(path)}</code></h3>
    ${verdictList(verdicts)}
    ${factTable('The answer', [
      ['Status', status ?? 'none'],
      ['Time', formatMs(durationMs)],
      ['Length', formatBytes(bytes)],
      ['Filter', passesText(passes)],
      ['Passed over', passedOver === undefined ? 'no' : html`for the word <code>${passedOver}</code>`],
      ['Copy', copyText(stored)],
      ...shown,
    ])}
    ${inspection.snippets.length > 0 && snippetTable(inspection.snippets)} ${insertionViews(inspection)}`
}

function passesText(passes: number): string {
  if (passes === 0) return 'not reached'
  return passes === 1 ? 'passed once' : `passed ${passes} times`
}

function copyText(stored: Inspection['stored']): HtmlValue {
  if (stored === undefined) return 'none was to be kept'
  return stored === 'stored' ? 'stored' : html`not stored, for the word <code>${stored}</code>`
}

function snippetTable(snippets: readonly InspectedSnippet[]): Html {
  const caption = 'Snippets'
  return scrolling(
    caption,
    html`<table class="snippets">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Place</th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody>
        ${snippets.map(
          ({ name, placement, outcome, directive, remedy }) =>
            html`<tr>
              <th scope="row">${shorten(name)}</th>
              <td><code>${placement}</code></td>
              <td>
                ${sentence(OUTCOMES[outcome])}${directive !== undefined && `, by ${directive}`}.
                ${sentence(remedy ?? '')}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>`,
  )
}

function insertionViews({ insertions, stored }: Inspection): HtmlValue {
  if (insertions.length === 0) {
    return stored === 'stored' && html`<p>The page that left and its stored copy are the same, byte for byte.</p>`
  }
  return [
    html`<h3>What was inserted where</h3>`,
    insertions.map(
      ({ offset, bytes, text }, index) =>
        html`<figure>
          <figcaption id="insertion-${index}">At byte ${offset}, ${formatBytes(bytes)}</figcaption>
          <pre tabindex="0" role="region" aria-labelledby="insertion-${index}"><code>${text}</code></pre>
        </figure>`,
    ),
  ]
}

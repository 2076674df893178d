// The section on the settings in force, without what is secret.
import { html, type Html, type HtmlValue } from '../html.js'
import type { SettingsReport, SnippetReport } from '../settings-report.js'
import { phrasesOf, type StoreUsage } from '../store-usage.js'
import { chip, factTable, momentOf, section, sentence } from './parts.js'

export function settingsSection(settings: SettingsReport): Html {
  const { file, version, since, error, values, snippets, provider, usage } = settings
  return section('settings', 'Settings', [
    factTable('Where they come from', [
      ['File', file === undefined ? 'none: they stand in code' : html`<code>${file}</code>`],
      ['Version', `${version}`],
      ['In force since', momentOf(since)],
      ['Cache provider', provider ?? 'none: nothing is stored'],
      ...(provider === undefined ? [] : [['It holds', usageView(usage)] as const]),
      ...(error === undefined
        ? []
        : [['Not in force', html`${chip('fault', '✕', 'Refused')} ${sentence(error)}`] as const]),
    ]),
    html`<h3>Snippets as pages get them</h3>`,
    snippets.length === 0 ? html`<p>There are none.</p>` : snippets.map(snippetView),
    html`<h3>All settings</h3>`,
    factTable(
      'In force, with every secret masked',
      Object.entries(values).map(([name, value]) => [html`<code>${name}</code>`, valueOf(value)] as const),
    ),
  ])
}

function usageView(usage: StoreUsage | undefined): HtmlValue {
  const phrases = usage === undefined ? [] : phrasesOf(usage)
  if (usage?.note !== undefined) return [phrases.map((phrase) => `${phrase}. `), sentence(usage.note)]
  return phrases.length === 0 ? 'The provider does not tell.' : phrases.join(', ')
}

function snippetView({ name, placement, when, html: markup }: SnippetReport, index: number): Html {
  return html`<figure>
    <figcaption id="snippet-${index}"><b>${name}</b>, <code>${placement}</code>, ${when}</figcaption>
    <pre tabindex="0" role="region" aria-labelledby="snippet-${index}"><code>${markup}</code></pre>
  </figure>`
}

function valueOf(value: unknown): HtmlValue {
  return html`<code>${typeof value === 'string' ? value : JSON.stringify(value)}</code>`
}

// The section on the viewer: whose request this is, and what decides over the next page that this browser gets.
import { explain, WORDS, type AddressExplanation } from '@facsimile/core'
import { html, type Html, type HtmlValue } from '../html.js'
import type { OptOutReport, ViewerReport } from '../viewer-report.js'
import { chip, factTable, section, sentence } from './parts.js'

export function viewerSection(you: ViewerReport, debugPath: string): Html {
  return section('you', 'You', [addressView(you), decisionView(you, debugPath)])
}

function addressView({ address, headers }: ViewerReport): Html {
  const { verdict, source, peer, peerIsTrusted, hops } = address
  const route = hops.map(({ address: hop, role }, index) => {
    const where = index === 0 ? 'Hop 1, the connection' : `Hop ${index + 1}, in ${source}`
    return [where, html`<code>${hop ?? 'not an address'}</code> ${role}`] as const
  })
  const lines = headers.map(([name, value]) => [html`<code>${name}</code>`, html`<code>${value}</code>`] as const)
  return html`<h3>Your address</h3>
    <p>
      ${chip(verdict.allowed ? 'fine' : 'fault', verdict.allowed ? '✓' : '✕', verdict.allowed ? 'Allowed' : 'Refused')}
      <code>${verdict.clientAddress ?? 'nobody knows'}</code> ${ruleOf(address)}
    </p>
    ${factTable('How it was found', [
      ['Source', html`<code>${source}</code>`],
      ['Peer', html`<code>${peer ?? 'none'}</code>, ${peerIsTrusted ? 'a trusted proxy' : 'not a trusted proxy'}`],
      ...route,
    ])}
    ${
      lines.length === 0
        ? html`<p>Your request has none of the headers by which proxies name the client.</p>`
        : factTable('Headers that name a client, as they came', lines)
    }`
}

/** Which rule decided. */
function ruleOf({ verdict, source, peerIsTrusted, admittedBy }: AddressExplanation): string {
  if (!verdict.allowed) return explain('refused', verdict.reason)
  const how = peerIsTrusted
    ? `the rightmost address in ${source} that is no trusted proxy`
    : 'the other end of the connection'
  return `It is ${how}; the entry ${admittedBy ?? ''} of allowedAddresses admits it.`
}

function decisionView(you: ViewerReport, debugPath: string): Html {
  const { optOut, signals, sampling } = you
  return html`<h3>Is your next page recorded?</h3>
    ${factTable('What decides over it', [
      ['Opt-out cookie', optOut === undefined ? 'Switched off: optOutCookie is false.' : optOutText(optOut)],
      ...signals.map(({ header, isSent, counts }) => [header, signalText(isSent, counts)] as const),
      ['Sampling', samplingText(sampling)],
    ])}
    ${optOut !== undefined && optOutForm(optOut, debugPath)}`
}

function optOutText({ name, value, sent, isOptedOut }: OptOutReport): HtmlValue {
  const seen =
    sent.length === 0
      ? html`Your browser has no cookie <code>${name}</code>.`
      : html`Your browser sent <code>${sent.map((it) => `${name}=${it}`).join('; ')}</code>.`
  const verdict = isOptedOut
    ? html`${chip('warning', '!', 'Opted out')} ${sentence(WORDS['passed over'].cookie.join(' '))}`
    : chip('fine', '✓', 'Not opted out')
  return html`${seen} ${verdict} The value <code>${value}</code> means not recorded.`
}

function signalText(isSent: boolean, counts: boolean): string {
  const seen = isSent ? 'Your browser sent it' : 'Your browser did not send it'
  const effect = counts ? 'it counts as an opt-out' : 'privacySignals does not count it'
  return `${seen}; ${effect}.`
}

function samplingText({ ratio, isFirstView }: ViewerReport['sampling']): string {
  if (ratio === 1) return 'sampleRatio is 1: every page view is recorded.'
  const share = `sampleRatio is ${ratio}`
  if (!isFirstView) return `${share}, and decides over first views alone: you have the cookie, so yours is none.`
  return ratio === 0 ? `${share}: no first view is recorded.` : `${share}: chance decides over your next page.`
}

function optOutForm({ name, value, otherValue }: OptOutReport, debugPath: string): Html {
  const action = `${debugPath}/opt-out`
  return html`<form method="post" class="buttons">
    <button formaction="${action}?value=${encodeURIComponent(otherValue)}">
      Set ${name} to ${otherValue}: recorded
    </button>
    <button class="second" formaction="${action}?value=${encodeURIComponent(value)}">
      Set ${name} to ${value}: not recorded
    </button>
  </form>`
}

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
      <code>${verdict.clientAddress ?? 'nobody knows'}</code>: ${sentence(ruleOf(address))}
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
  return `it is ${how}, and the entry \`${admittedBy ?? ''}\` of \`allowedAddresses\` admits it.`
}

function decisionView(you: ViewerReport, debugPath: string): Html {
  const { optOut, signals, sampling, keptFrom } = you
  return html`<h3>Is your next page recorded?</h3>
    <p>${keptFromView(keptFrom)}</p>
    ${factTable('What decides over it', [
      [
        'Opt-out cookie',
        optOut === undefined ? sentence('Switched off: `optOutCookie` is false.') : optOutText(optOut),
      ],
      ...signals.map(({ header, isSent, counts }) => [header, signalText(isSent, counts)] as const),
      ['Sampling', samplingText(sampling)],
    ])}
    ${optOut !== undefined && optOutForm(optOut, debugPath)}`
}

const ANSWERS: Readonly<Record<NonNullable<ViewerReport['keptFrom']>, string>> = {
  cookie: 'Your opt-out cookie says so.',
  privacy: 'Your browser sends a privacy signal that counts.',
  sampling: '`sampleRatio` is 0.',
  chance: '`sampleRatio` decides by chance.',
}

function keptFromView(reason: ViewerReport['keptFrom']): Html {
  if (reason === undefined) return html`${chip('fine', '✓', 'Yes')} Nothing of yours keeps it from being recorded.`
  const mark = reason === 'chance' ? chip('unknown', '?', 'Perhaps') : chip('warning', '!', 'No')
  return html`${mark} ${sentence(ANSWERS[reason])}`
}

function optOutText({ name, value, sent, isOptedOut }: OptOutReport): HtmlValue {
  const seen =
    sent.length === 0
      ? html`Your browser has no cookie <code>${name}</code>.`
      : html`Your browser sent <code>${sent.map((it) => `${name}=${it}`).join('; ')}</code>.`
  const verdict = isOptedOut
    ? html`${chip('warning', '!', 'Opted out')} ${sentence(WORDS['passed over'].cookie.join(' '))}`
    : chip('fine', '✓', 'Not opted out')
  return html`${verdict} ${seen} The value <code>${value}</code> means not recorded.`
}

function signalText(isSent: boolean, counts: boolean): Html {
  const mark = isSent && counts ? chip('warning', '!', 'Opted out') : chip('fine', '✓', 'Not opted out')
  const seen = isSent ? 'Your browser sent it' : 'Your browser did not send it'
  const effect = counts ? 'it counts by `privacySignals`' : '`privacySignals` does not count it'
  return html`${mark} ${sentence(`${seen}; ${effect}.`)}`
}

function samplingText({ ratio, isFirstView }: ViewerReport['sampling']): Html {
  if (ratio === 1)
    return html`${chip('fine', '✓', 'In')} ${sentence('`sampleRatio` is 1: every page view is recorded.')}`
  const share = `\`sampleRatio\` is ${ratio}`
  if (!isFirstView) {
    const text = `${share}, and decides over first views alone: you have the cookie, so yours is none.`
    return html`${chip('fine', '✓', 'In')} ${sentence(text)}`
  }
  return ratio === 0
    ? html`${chip('warning', '!', 'Out')} ${sentence(`${share}: no first view is recorded.`)}`
    : html`${chip('unknown', '?', 'Perhaps')} ${sentence(`${share}: chance decides over your next page.`)}`
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

// The frame around the debug page, and the page itself.
import { html, type Html, type HtmlValue } from '../html.js'
import type { DebugReport } from '../report.js'
import { eventsSection } from './events-view.js'
import { explainSection } from './explain-view.js'
import { momentOf, section } from './parts.js'
import { roundTripSection } from './round-trip-view.js'
import { settingsSection } from './settings-view.js'
import { summaryOf, titleOf, verdictItem, verdictList } from './verdicts-view.js'
import { found, type Verdict } from '../verdict.js'
import { viewerSection } from './viewer-view.js'

const SECTIONS = [
  ['verdicts', 'Verdicts'],
  ['you', 'You'],
  ['explain', 'Explain'],
  ['events', 'Events'],
  ['settings', 'Settings'],
  ['round-trip', 'Round trip'],
] as const

export function debugPage(report: DebugReport, debugPath: string): Html {
  const { at, verdicts, you, explained, events, settings } = report
  const links = html`<nav aria-label="Sections">
    <ul>
      ${SECTIONS.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
    </ul>
  </nav>`
  return frame(
    titleOf(verdicts),
    debugPath,
    html`<h1>Is it recorded, and why not?</h1>
      <p class="lead">${summaryOf(verdicts)}</p>
      <p class="asked">
        Asked at ${momentOf(at)}.
        <span><a href="${debugPath}">Ask again</a> · <a href="${debugPath}/status.json">as JSON</a></span>
      </p>
      ${section('verdicts', 'Verdicts', verdictViews(verdicts))} ${viewerSection(you, debugPath)}
      ${explainSection(explained, debugPath)} ${eventsSection(events)} ${settingsSection(settings)}
      ${roundTripSection(debugPath)}`,
    links,
  )
}

/** The worst first: the one on clocks is a warning, if it is any. */
function verdictViews(verdicts: readonly Verdict[]): HtmlValue {
  const faults = verdicts.filter(({ level }) => level === 'fault')
  const others = verdicts.filter(({ level }) => level !== 'fault')
  return [faults.length > 0 && verdictList(faults), clockVerdict(), verdictList(others)]
}

/** Only the browser can compare its clock with the server's: its script shows what stands here. */
function clockVerdict(): Html {
  return html`<ul class="verdicts" id="clock-wrong" hidden>
    ${verdictItem(found('warning', 'clock-wrong', 'Your clock and the one of the server differ.'))}
  </ul>`
}

/** Its pages tell their own site where they come from: by that browsers name the origin of a POST over plain HTTP. */
export function frame(title: string, debugPath: string, main: HtmlValue, links?: Html): Html {
  return html`<!doctype html>
    <html lang="en" data-debug-path="${debugPath}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="same-origin" />
        <title>${title} · Facsimile debug page</title>
        <link rel="stylesheet" href="${debugPath}/style.css" />
        <script src="${debugPath}/script.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="masthead">
          <a class="brand" href="${debugPath}">Facsimile <span>debug page</span></a>
          ${links}
        </header>
        <main id="main" tabindex="-1">${main}</main>
        <footer>
          <p>Seen by allowed addresses alone, while <code>allowDebug</code> is on. Nothing here is kept.</p>
        </footer>
      </body>
    </html>`
}

// `facsimile explain`: what happens to one page of a site on its way through the response filter, and why.
import type { Command } from 'commander'
import { readVisitorRequest } from '../crawl/visitor-request.js'
import { sentencesOf } from '../crawl/word.js'
import { explainPage } from '../explain/explanation.js'
import { describeExplanation, explanationToJson, isRecorded } from '../explain/report.js'
import { failure } from '../failure.js'
import { fold } from '../folding.js'
import type { Io } from '../io.js'
import { robotsPath, robotsPaths } from '../robots/fetch-path.js'
import { readFetchSettings } from '../settings-file.js'
import { addVisitOptions, parsePageUrl, readBounds, VALUES_FROM_FILES, type VisitOptions } from './visit-options.js'

interface ExplainOptions extends VisitOptions {
  readonly fetch?: true
}

const HELP = `
It gets the page as a visitor and says whether Facsimile injects it, or for which word it passes it over. A server tells
that to addresses in allowedAddresses; from elsewhere it is read from the headers and the page, as far as they show it.
Nothing is taken from the store without --fetch.
${VALUES_FROM_FILES}

Examples:
  facsimile explain https://www.example.com/
  facsimile explain https://www.example.com/account --cookie @session.txt
  facsimile explain http://localhost:3000/search --data 'q=shoes' --fetch`

export function addExplainCommand(program: Command, io: Io): void {
  const command = program
    .command('explain')
    .summary('why a page is or is not recorded')
    .description(
      'Says what happens to a page on its way through Facsimile, and why, with the remedy where one is needed.',
    )
  addVisitOptions(command)
    .option('--fetch', 'also fetch the stored copy, which is then gone, and show what was inserted where')
    .addHelpText('after', HELP)
    .action(async (pageUrl: string, options: ExplainOptions) => runExplain(io, pageUrl, options))
}

async function runExplain(io: Io, pageUrl: string, options: ExplainOptions): Promise<void> {
  const url = parsePageUrl(pageUrl)
  const paths =
    options.path === undefined
      ? robotsPaths(await readFetchSettings(io, options.config))
      : [robotsPath(options.path, '--path')]
  const explanation = await explainPage({
    ...(await readVisitorRequest(io, options)),
    ...(await readBounds(io, options)),
    url,
    paths,
    allowPrivate: options.allowPrivate === true,
    fetches: options.fetch === true,
  })
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify(explanationToJson(explanation), undefined, 2)}\n`
      : fold(describeExplanation(io, explanation), io.stdout.columns),
  )
  if (isRecorded(explanation)) return
  const { word } = explanation.verdict
  const [, remedy] = sentencesOf(word ?? { kind: 'found', word: 'fetch-url-missing' })
  throw failure(`the page is not recorded: ${word?.word ?? 'fetch-url-missing'}`, remedy)
}

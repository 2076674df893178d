// `facsimile doctor`: examines a site from outside, as a visitor and as the crawler, and names a remedy for what is wrong.
import type { Command } from 'commander'
import type { ServerAddress } from '../crawl/http-request.js'
import { readVisitorRequest } from '../crawl/visitor-request.js'
import { remedyOf } from '../crawl/word.js'
import { findChromium } from '../doctor/chromium.js'
import { diagnose, resultsIn, type Diagnosis } from '../doctor/diagnosis.js'
import { observeSite, type DoctorRequest } from '../doctor/observe.js'
import { describeDiagnosis, diagnosisToJson } from '../doctor/report.js'
import { failure, usageFailure } from '../failure.js'
import { fold } from '../folding.js'
import type { Io } from '../io.js'
import { startProgress } from '../progress.js'
import { robotsPath, robotsPaths } from '../robots/fetch-path.js'
import { findSiteSettings } from '../settings-file.js'
import {
  append,
  addVisitOptions,
  parsePageUrl,
  readBounds,
  VALUES_FROM_FILES,
  type VisitOptions,
} from './visit-options.js'

interface DoctorOptions extends VisitOptions {
  readonly visits?: number
  readonly via?: readonly string[]
  readonly expectRefused?: true
  readonly browser?: true
  readonly browserPath?: string
}

/** Two servers that answer in turn, or a third one, show in so many views; and each coding has one. */
const DEFAULT_VISITS = 5
const MAX_VISITS = 50

const HELP = `
It visits the page several times, plain and compressed, and fetches each copy twice, as the crawler would: the recordings
of these visits are missing at your tracking service. Run it from an address in allowedAddresses to see everything, and
with the settings of the server (--config) to have the snippets checked by name; from elsewhere, with --expect-refused, it
shows that the pages are closed to others. A method other than GET is sent once, unless --visits says otherwise.
${VALUES_FROM_FILES}

Examples:
  facsimile doctor https://www.example.com/
  facsimile doctor https://www.example.com/account --cookie @session.txt --config facsimile.config.json
  facsimile doctor https://www.example.com/ --via 10.0.0.11:8080 --via 10.0.0.12:8080
  facsimile doctor https://www.example.com/ --browser
  facsimile doctor https://www.example.com/ --expect-refused --json

Exit code 1 when a check fails; warnings do not count.`

export function addDoctorCommand(program: Command, io: Io): void {
  const command = program
    .command('doctor')
    .summary('examine a site from outside, and name a remedy for what is wrong')
    .description('Examines a site from outside, as a visitor and as the crawler, and names a remedy for what is wrong.')
  addVisitOptions(command)
    .option('--visits <number>', 'how often to visit the page (default: 5; 1 for a method other than GET)', readVisits)
    .option(
      '--via <host[:port]>',
      'another server of the same farm, whose pages are fetched from the next; may be repeated',
      append,
    )
    .option('--expect-refused', 'this address should not be let in by the fetcher')
    .option('--browser', 'also open the page in Chromium (needs the package playwright-core)')
    .option(
      '--browser-path <file>',
      'the program of Chromium or Chrome (default: CHROMIUM_PATH, else the first on PATH)',
    )
    .addHelpText('after', HELP)
    .action(async (pageUrl: string, options: DoctorOptions) => runDoctor(io, pageUrl, options))
}

async function runDoctor(io: Io, pageUrl: string, options: DoctorOptions): Promise<void> {
  const request = await readRequest(io, pageUrl, options)
  const progress = startProgress(io)
  const seen = await observeSite(request, progress.say).finally(progress.end)
  const diagnosis = diagnose(seen, request)
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify(diagnosisToJson(diagnosis), undefined, 2)}\n`
      : fold(describeDiagnosis(io, diagnosis), io.stdout.columns),
  )
  const problem = problemIn(diagnosis)
  if (problem !== undefined) throw problem
}

async function readRequest(io: Io, pageUrl: string, options: DoctorOptions): Promise<DoctorRequest> {
  const url = parsePageUrl(pageUrl)
  const { settings, isFromFile } = await findSiteSettings(io, options.config)
  const visitor = await readVisitorRequest(io, options)
  const opensBrowser = options.browser === true || options.browserPath !== undefined
  return {
    ...visitor,
    ...(await readBounds(io, options)),
    url,
    settings: isFromFile ? settings : undefined,
    paths: options.path === undefined ? robotsPaths(settings) : [robotsPath(options.path, '--path')],
    allowPrivate: options.allowPrivate === true,
    expectRefused: options.expectRefused === true,
    visits: options.visits ?? (visitor.method === 'GET' ? DEFAULT_VISITS : 1),
    via: (options.via ?? []).map(readServer),
    browser: opensBrowser ? await findChromium(io, options.browserPath) : undefined,
  }
}

function problemIn(diagnosis: Diagnosis) {
  const fails = resultsIn(diagnosis, 'fail')
  const [first] = fails
  if (first === undefined) return undefined
  const words = [...new Set(fails.map(({ word }) => word?.word ?? ''))]
  const { word, because } = first
  const remedy = words.length === 1 && word !== undefined ? remedyOf({ word, because }) : undefined
  return failure(
    `something is wrong with the installation: ${words.join(', ')}`,
    remedy ?? 'The report has the remedy for each.',
  )
}

function readVisits(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_VISITS) return Number(text)
  throw usageFailure(
    `--visits ${JSON.stringify(text)} is no whole number from 1 to ${MAX_VISITS}`,
    'Give digits alone.',
  )
}

function readServer(text: string): ServerAddress {
  const [, bracketed, name, port] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const host = bracketed ?? name
  if (host === undefined || Number(port ?? 1) > 65_535 || Number(port ?? 1) === 0) {
    throw usageFailure(
      `--via ${JSON.stringify(text)} is no server`,
      'Give a name or an address, and a port where it is another one: 10.0.0.12:8080 or [2001:db8::1]:8080.',
    )
  }
  return port === undefined ? { host } : { host, port: Number(port) }
}

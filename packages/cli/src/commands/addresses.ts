// `facsimile addresses`: keeps the allowlist in step with the ranges that a tracking service publishes.
import { isUtf8 } from 'node:buffer'
import { resolve } from 'node:path'
import {
  compileAddressRanges,
  FacsimileError,
  readJsonText,
  readSettingsText,
  type AddressRange,
  isNearlyEverybody,
} from '@facsimile/core'
import type { Command } from 'commander'
import {
  inOrder,
  RangeListError,
  readPublishedRanges,
  showNames,
  toRange,
  type PublishedRanges,
} from '../addresses/published-ranges.js'
import { readBounded } from '../bounded-input.js'
import { reasonOf, usageFailure } from '../failure.js'
import type { Io } from '../io.js'
import { openReplacement } from '../replacement-file.js'
import { putJsonMember } from '../settings/json-member.js'
import { readSettingsFile } from '../settings/written-settings.js'
import { count, createStyles, printable } from '../terminal.js'
import { append } from './visit-options.js'

interface AddressesOptions {
  readonly list?: readonly string[]
  readonly config?: string
  readonly keep?: true
  readonly write?: true
  readonly allowWide?: true
  readonly json?: true
}

/** The longest published lists have a few megabytes. */
const MAX_LIST_BYTES = 16 * 1024 * 1024
/** Each request of a crawler is compared with every range. */
const MANY_RANGES = 1000
const FILE_MODE = 0o600
const LIST_REMEDY =
  'Give the JSON file as the service publishes it, or - for standard input; nothing is fetched from here.'

const HELP = `
It takes a plain list of texts, and the forms of Google, AWS, Cloudflare and Fastly. In another file --list names the list,
with dots on the way to it. Nothing is fetched: download the file from the service, over HTTPS, and look at the difference.

Examples:
  facsimile addresses ranges.json                                        print them as allowedAddresses
  facsimile addresses ranges.json --config facsimile.config.json          what would change?
  facsimile addresses ranges.json --config facsimile.config.json --write  change it
  facsimile addresses meta.json --list hooks                             of several lists in a file, this one
  curl -s https://service.example/ranges.json | facsimile addresses - --json`

export function addAddressesCommand(program: Command, io: Io): void {
  program
    .command('addresses')
    .summary("turn a service's published address ranges into allowedAddresses")
    .description('Turns the list of address ranges that a tracking service publishes into `allowedAddresses`.')
    .argument('<published-ranges>', 'the JSON file of the service; - reads standard input')
    .option('-l, --list <name>', 'the list in the file, such as hooks or result.ipv4_cidrs; may be repeated', append)
    .option('-c, --config <file>', 'compare with this settings file')
    .option('--keep', 'keep the addresses that the settings have and the list has not')
    .option('-w, --write', 'put the ranges into the settings file, a .json; all else stays as it is')
    .option('--allow-wide', 'take ranges that hold nearly everybody, such as 0.0.0.0/0')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (file: string, options: AddressesOptions) => runAddresses(io, file, options))
}

async function runAddresses(io: Io, file: string, options: AddressesOptions): Promise<void> {
  const { ranges: published, passedOver, widened } = await readList(io, file, options.list)
  if (options.allowWide !== true) refuseWide(file, published)
  if (options.list === undefined && passedOver.length > 0)
    warn(io, `${showNames(passedOver)} ${passedOver.length === 1 ? 'is' : 'are'} not taken: name each list with --list`)
  if (widened.length > 0) warn(io, `${showNames(widened)}: taken as all addresses of the range, and not that one alone`)
  if (options.config === undefined) {
    if (options.write === true || options.keep === true)
      throw usageFailure('no settings file is named', 'Add --config facsimile.config.json, the file that has the list.')
    printList(io, textsOf(published), options)
    return
  }
  const text = await readConfig(io, options.config)
  const present = presentRanges(readSettings(text, options.config), options.config)
  const ranges = textsOf(options.keep === true ? inOrder([...published, ...present]) : published)
  compileAddressRanges(ranges, 'allowedAddresses')
  const change = compare(textsOf(present), ranges)
  const isChanged = change.added.length + change.gone.length > 0
  if (options.write === true && isChanged)
    await writeConfig(io, options.config, putJsonMember(text, 'allowedAddresses', ranges))
  const isWritten = options.write === true && isChanged
  io.stdout.write(
    options.json === true
      ? toJson({ allowedAddresses: ranges, ...change, written: isWritten })
      : describeChange(io, change, printable(options.config), isWritten),
  )
  warnOfLength(io, ranges)
}

function printList(io: Io, ranges: readonly string[], { json }: AddressesOptions): void {
  io.stdout.write(toJson(json === true ? { allowedAddresses: ranges } : ranges))
  warnOfLength(io, ranges)
}

function warnOfLength(io: Io, ranges: readonly string[]): void {
  if (ranges.length <= MANY_RANGES) return
  warn(
    io,
    `${count(ranges.length, 'range')} are more than one crawler needs: see whether the service has a list for the crawler alone`,
  )
}

function warn(io: Io, text: string): void {
  io.stderr.write(`warning: ${printable(text)}.\n`)
}

async function readList(io: Io, file: string, lists?: readonly string[]): Promise<PublishedRanges> {
  const name = file === '-' ? 'standard input' : file
  const bytes = await readBounded(io, file, MAX_LIST_BYTES).catch((cause: unknown) => {
    throw usageFailure(`cannot read ${JSON.stringify(name)}: ${reasonOf(cause)}`, LIST_REMEDY, { cause })
  })
  if (bytes === undefined)
    throw usageFailure(`${JSON.stringify(name)} is longer than ${MAX_LIST_BYTES} bytes`, LIST_REMEDY)
  if (!isUtf8(bytes)) throw usageFailure(`${JSON.stringify(name)} is not UTF-8`, 'Save a copy of it as UTF-8.')
  try {
    return readPublishedRanges(readJsonText(bytes.toString(), name), lists)
  } catch (cause) {
    if (cause instanceof RangeListError)
      throw usageFailure(`${JSON.stringify(name)} ${cause.message}`, LIST_REMEDY, { cause })
    if (cause instanceof FacsimileError) throw usageFailure(cause.message, LIST_REMEDY, { cause })
    throw cause
  }
}

function refuseWide(file: string, ranges: readonly AddressRange[]): void {
  const wide = textsOf(ranges).filter(isNearlyEverybody)
  if (wide.length === 0) return
  throw usageFailure(
    `${JSON.stringify(file)} has ${wide.join(', ')}, which would let nearly everybody fetch private pages`,
    'See whether this is the list of a crawler. If you do mean it, add --allow-wide.',
  )
}

async function readConfig(io: Io, file: string): Promise<string> {
  const remedy = 'Give a .json file with settings; what code writes, only code can change.'
  if (!file.endsWith('.json')) throw usageFailure(`--config ${JSON.stringify(file)} is no .json file`, remedy)
  return readSettingsFile(io, file).catch((cause: unknown) => {
    throw usageFailure(`cannot read ${JSON.stringify(file)}: ${reasonOf(cause)}`, remedy, { cause })
  })
}

function readSettings(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    return readSettingsText(text, file)
  } catch (cause) {
    throw usageFailure(reasonOf(cause), 'Mend the settings there, and call again.', { cause })
  }
}

function presentRanges(
  { allowedAddresses = [] }: Readonly<Record<string, unknown>>,
  file: string,
): readonly AddressRange[] {
  try {
    if (!Array.isArray(allowedAddresses)) throw new RangeListError('has an `allowedAddresses` that is no list')
    return inOrder(allowedAddresses.map((entry: unknown, index) => toRange(entry, `\`allowedAddresses[${index}]\``)))
  } catch (cause) {
    if (!(cause instanceof RangeListError)) throw cause
    throw usageFailure(`${JSON.stringify(file)}: ${cause.message}`, 'Mend the settings there, and call again.', {
      cause,
    })
  }
}

interface Change {
  readonly added: readonly string[]
  readonly gone: readonly string[]
  readonly same: readonly string[]
}

function compare(before: readonly string[], after: readonly string[]): Change {
  return {
    added: after.filter((range) => !before.includes(range)),
    gone: before.filter((range) => !after.includes(range)),
    same: after.filter((range) => before.includes(range)),
  }
}

function describeChange(io: Io, { added, gone, same }: Change, config: string, isWritten: boolean): string {
  const { good, bad, faint, title } = createStyles(io)
  const verdict =
    added.length + gone.length === 0
      ? `${config} has them already.`
      : isWritten
        ? `Written to ${config}.`
        : `Add --write to put them into ${config}.`
  const lines = [
    title(`${count(added.length, 'range')} added, ${gone.length} gone, ${same.length} the same`),
    ...added.map((range) => good(`  + ${range}`)),
    ...gone.map((range) => bad(`  - ${range}`)),
    ...same.map((range) => faint(`    ${range}`)),
    verdict,
  ]
  return `${lines.join('\n')}\n`
}

async function writeConfig(io: Io, file: string, text: string): Promise<void> {
  const replacement = await openReplacement(resolve(io.cwd, file), FILE_MODE)
  await replacement.commit(Buffer.from(text))
}

function textsOf(ranges: readonly AddressRange[]): readonly string[] {
  return ranges.map(({ text }) => text)
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

// The settings of a site as a command finds them: what a file says, and over it what the variables say.
import { findSettingsProblems, resolveSettings, type Settings } from '@facsimile/core'
import { usageFailure } from '../failure.js'
import type { Io } from '../io.js'
import { count } from '../terminal.js'
import { findDefaultFile, readWrittenSettings } from './written-settings.js'
import { FILE_VARIABLE, putVariables, readVariables, type SetVariable, type Written } from './variables.js'

export interface SiteSettings {
  /** The file that was read, as it was named; missing where there is none. */
  readonly file?: string
  /** What the file says. */
  readonly written: unknown
  readonly variables: readonly SetVariable[]
  /** Both together, as createFacsimile would be given them. */
  readonly input: unknown
  /** One clause each, of the variables and of all together; passwords are masked. */
  readonly problems: readonly string[]
}

/**
 * Reads `name`, else the file that FACSIMILE_CONFIG names, else the first default file in the working folder, else none.
 * Throws a usage failure for a file that cannot be read; what is wrong with its settings is in the answer.
 */
export async function gatherSettings(io: Io, name?: string): Promise<SiteSettings> {
  const file = name ?? (io.env[FILE_VARIABLE] || (await findDefaultFile(io)))
  const written = file === undefined ? {} : await readWrittenSettings(io, file)
  const { set, problems } = readVariables(io.env)
  // A variable is blamed for what it says by itself; only the others are put over the file.
  const judged = set.map((variable) => ({ variable, faults: findSettingsProblems(putVariables({}, [variable])) }))
  const variables = judged.filter(({ faults }) => faults.length === 0).map(({ variable }) => variable)
  const input = isWritten(written) ? putVariables(written, variables) : written
  return {
    ...(file !== undefined && { file }),
    written,
    variables,
    input,
    problems: [
      ...problems,
      ...judged.flatMap(({ variable, faults }) => faults.map((fault) => `${variable.name}: ${fault}`)),
      ...findSettingsProblems(input),
    ],
  }
}

/** The settings in force. Throws a usage failure with all that is wrong with them. */
export function useSettings({ file, input, problems }: SiteSettings): Settings {
  if (problems.length > 0) {
    throw usageFailure(
      `${file === undefined ? 'the settings' : JSON.stringify(file)} cannot be used: ${problems.join('; ')}`,
      `Mend ${count(problems.length, 'setting')}, and call again; \`facsimile settings check\` shows each by itself.`,
    )
  }
  return resolveSettings(input)
}

function isWritten(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

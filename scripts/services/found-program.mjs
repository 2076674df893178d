// What tests start themselves, as a browser or a proxy: the program is only found here, and asked for its version.
import { execute } from './execute.mjs'
import { findProgram, notFound, programFolders } from './find-program.mjs'

/** The first start after an installation reads a few hundred megabytes from the disk. */
const VERSION_TIMEOUT_MS = 30_000

/** A name, then the first number with points that follows. */
const NAME_AND_VERSION = /\S.*?\d+(?:\.\d+)*/

/**
 * How `startServices` gets a program. `names` are those that it may have; `resultVariable` is the variable in which tests
 * find its path; `versionArgument` makes it tell its version, and `versionPattern` finds that in its answer.
 * `morePrograms(env)`, if given, is asynchronous and yields paths beyond the usual folders.
 */
export function foundProgram({ names, resultVariable, morePrograms, ...service }) {
  async function* findPrograms(env) {
    for (const name of names) {
      const program = findProgram([name], programFolders(env))
      if (program !== undefined) yield program
    }
    if (morePrograms !== undefined) yield* morePrograms(env)
  }

  return {
    ...service,
    environment: ({ program }) => ({ [resultVariable]: program }),

    useGiven: (program, { env, signal }) => use(program, service, env, signal),

    /** A program that does not answer, such as the one that only tells of a snap, leaves it to the next. */
    async startLocal({ env, signal }) {
      const reasons = []
      for await (const program of findPrograms(env)) {
        try {
          return { ...(await use(program, service, env, signal)), found: program }
        } catch (error) {
          signal?.throwIfAborted()
          reasons.push(error.message)
        }
      }
      return { absent: reasons.length > 0 ? reasons.join('; ') : notFound(names) }
    },
  }
}

/** Only a program that tells its version is one that tests can start. */
async function use(program, { versionArgument, versionPattern = NAME_AND_VERSION }, env, signal) {
  const options = { timeoutMs: VERSION_TIMEOUT_MS, env, signal }
  const { succeeded, output, errorOutput, reason } = await execute(program, [versionArgument], options)
  if (!succeeded) throw new Error(`${program} ${versionArgument}: ${reason}`)
  const answer = output || errorOutput
  const server = versionPattern.exec(answer)?.[0]
  if (server === undefined) {
    throw new Error(`${program} ${versionArgument} answered ${JSON.stringify(answer.slice(0, 80))}`)
  }
  return { program, server, stop: async () => {} }
}

// What a failing disk is called, and what the owner of the server can do about it.
import { getSystemErrorMap } from 'node:util'
import { isNativeError } from 'node:util/types'
import { FacsimileError } from '../../errors.js'

const FREE_SPACE = 'Free some space there, or set a smaller maxCachedBytes.'
const ALLOW_WRITING = 'Let the user that runs the server read, write and enter the folder, or name another one.'
const NAME_A_FOLDER = 'A file stands where the folder or one above it should be: name another folder.'
const ALLOW_MORE_FILES = 'Raise the limit of open files (ulimit -n).'

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: FREE_SPACE,
  EDQUOT: FREE_SPACE,
  EFBIG: FREE_SPACE,
  EACCES: ALLOW_WRITING,
  EPERM: ALLOW_WRITING,
  EROFS: 'The disk is mounted read-only: name a folder that can be written.',
  ENOTDIR: NAME_A_FOLDER,
  EEXIST: NAME_A_FOLDER,
  EMFILE: ALLOW_MORE_FILES,
  ENFILE: ALLOW_MORE_FILES,
}

/** Whether `error` is a system error with this code, such as `ENOENT`. */
export function isErrno(error: unknown, code: string): boolean {
  return errnoOf(error).code === code
}

/** `error` as `PROVIDER_FAILED`, with the folder, the system's code and a remedy; errors of our own stay as they are. */
export function folderFailure(attempt: string, directory: string, error: unknown): FacsimileError {
  if (error instanceof FacsimileError) return error
  return new FacsimileError('PROVIDER_FAILED', describeFailure(attempt, directory, error), { cause: error })
}

/** One sentence on what failed and one on what to do. */
export function describeFailure(attempt: string, directory: string, error: unknown): string {
  const { code = 'unknown error', errno } = errnoOf(error)
  const words = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
  const what = words ? `${code}, ${words}` : code
  const remedy = REMEDIES[code] ?? 'See that the folder exists on a healthy disk and can be written.'
  return `The file cache provider could not ${attempt} in ${JSON.stringify(directory)}: ${what}. ${remedy}`
}

function errnoOf(error: unknown): { code?: string | undefined; errno?: number | undefined } {
  return isNativeError(error) ? (error as NodeJS.ErrnoException) : {}
}

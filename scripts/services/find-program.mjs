// Looks for a program where systems keep servers, which is more than a user's PATH.
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Folders that hold server programs and are often missing from a user's PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin']

/** The folders to look in: those of PATH first. `TEST_PROGRAM_FOLDERS` replaces all of them. */
export function programFolders(env = process.env) {
  if (env.TEST_PROGRAM_FOLDERS !== undefined) return splitFolders(env.TEST_PROGRAM_FOLDERS)
  return [...splitFolders(env.PATH ?? ''), ...SERVER_FOLDERS]
}

/** The full path of the first of `names` that is there, or `undefined`. A name is looked for in all folders first. */
export function findProgram(names, folders) {
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return paths.find(isProgram)
}

/** The words for a program that was not found. */
export function notFound(names) {
  return `${names.join(' and ')} not found on PATH or in ${SERVER_FOLDERS.join(', ')}`
}

function splitFolders(text) {
  return text.split(delimiter).filter((folder) => folder !== '')
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // Not there, or not for us: both mean that it cannot be run.
    return false
  }
}

// A file that takes another's place in one step, so that no reader ever sees half of it.
import { randomBytes } from 'node:crypto'
import { open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { failure, reasonOf } from './failure.js'

export interface ReplacementFile {
  /** Writes all of the file and puts it in place. Once. */
  commit(bytes: Uint8Array): Promise<void>
  /** Leaves everything as it was. Does nothing after `commit`. */
  discard(): Promise<void>
}

/**
 * Opens a temporary file beside `path`, which shows before any work is done that the folder can be written to.
 * An existing file keeps its mode (and its owner, when we are root), a symbolic link stays one; a new file gets `newMode`.
 */
export async function openReplacement(path: string, newMode: number): Promise<ReplacementFile> {
  try {
    return await create(path, newMode)
  } catch (error) {
    throw writeFailure(path, error)
  }
}

async function create(path: string, newMode: number): Promise<ReplacementFile> {
  const target = await realPathOf(path)
  const existing = await statIfThere(target)
  if (existing !== undefined && !existing.isFile()) throw new Error('it is not a regular file')
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`)
  const handle = await open(temporary, 'wx', existing === undefined ? newMode : 0o600)
  let isDone = false
  return {
    async commit(bytes) {
      isDone = true
      try {
        await handle.writeFile(bytes)
        if (existing !== undefined) await inherit(handle, existing)
        await handle.sync()
        await handle.close()
        await rename(temporary, target)
      } catch (error) {
        await remove(handle, temporary)
        throw writeFailure(path, error)
      }
    },
    async discard() {
      if (isDone) return
      isDone = true
      await remove(handle, temporary)
    },
  }
}

async function inherit(handle: FileHandle, { mode, uid, gid }: Stats): Promise<void> {
  // Before the mode: changing the owner clears the set-id bits.
  if (process.getuid?.() === 0) await handle.chown(uid, gid)
  await handle.chmod(mode & 0o7777)
}

async function remove(handle: FileHandle, temporary: string): Promise<void> {
  await handle.close()
  await rm(temporary, { force: true })
}

async function realPathOf(path: string): Promise<string> {
  return realpath(path).catch((error: unknown) => absent(error, path))
}

async function statIfThere(path: string) {
  return stat(path).catch((error: unknown) => absent(error, undefined))
}

function absent<T>(error: unknown, value: T): T {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return value
  throw error
}

function writeFailure(path: string, cause: unknown) {
  return failure(
    `cannot write ${JSON.stringify(path)}: ${reasonOf(cause)}`,
    'Choose a file in a folder that exists and that you may write to.',
    { cause },
  )
}

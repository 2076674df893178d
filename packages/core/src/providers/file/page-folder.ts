// The folder of page files: every step on the disk that stores, takes, reads and removes one page.
import { constants, type Dir } from 'node:fs'
import { lstat, mkdir, open, opendir, rename, unlink, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { CapturedPage, UnixMs } from '../../cache-provider.js'
import { decodePageRecord } from '../../page-record.js'
import { isErrno } from './folder-failure.js'
import { workFileName } from './file-names.js'

// A link or a pipe that somebody put under one of our names is neither followed nor waited for.
const READ_OWN_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** A longer file is none of ours: `store` refuses such a page. */
export const MOST_FILE_BYTES = 1024 ** 3

interface FileFacts {
  readonly bytes: number
  /** The last change of the file or its name, in Unix milliseconds: when a page was stored or taken. */
  readonly changedAt: UnixMs
  /** The instant that `write` gave the file. */
  readonly expiresAt: UnixMs
}

export interface PageFolder {
  readonly directory: string
  /** Makes the folder if this process has not found it yet, for its owner alone. */
  prepare(): Promise<void>
  /** Puts a whole page file in place, or leaves nothing behind. */
  write(name: string, parts: readonly Buffer[], expiresAt: UnixMs, signal?: AbortSignal): Promise<void>
  /** Gives the file a name that nobody else knows, in one atomic step; `undefined`: somebody else was first. */
  take(name: string): Promise<string | undefined>
  /** The page in a file; `undefined`: no such file; `'foreign'`: a file that this provider did not write, or half of one. */
  read(name: string): Promise<CapturedPage | 'foreign' | undefined>
  /** Removes a file. What cannot be removed now, the sweep tries again. */
  discard(name: string): Promise<void>
  facts(name: string): Promise<FileFacts | undefined>
  list(): Promise<Dir | undefined>
}

/** A view of `directory`; nothing is touched before the first call. */
export function createPageFolder(directory: string): PageFolder {
  const pathOf = (name: string) => join(directory, name)
  let made: Promise<unknown> | undefined

  async function prepare(): Promise<void> {
    made ??= mkdir(directory, { recursive: true, mode: 0o700 })
    try {
      await made
    } catch (error) {
      made = undefined
      throw error
    }
  }

  async function discard(name: string): Promise<void> {
    await Promise.allSettled([unlink(pathOf(name))])
  }

  async function writeOnce(name: string, parts: readonly Buffer[], expiresAt: UnixMs, signal?: AbortSignal) {
    await prepare()
    signal?.throwIfAborted()
    const work = workFileName(name, 'new')
    try {
      const file = await open(pathOf(work), 'wx', 0o600)
      try {
        await writeFile(file, parts)
        signal?.throwIfAborted()
        await file.utimes(new Date(), expiresAt / 1000)
      } finally {
        await file.close()
      }
      signal?.throwIfAborted()
      await rename(pathOf(work), pathOf(name))
    } catch (error) {
      await discard(work)
      throw error
    }
  }

  return {
    directory,
    prepare,
    discard,

    async write(name, parts, expiresAt, signal) {
      try {
        await writeOnce(name, parts, expiresAt, signal)
      } catch (error) {
        if (!isErrno(error, 'ENOENT')) throw error
        made = undefined // somebody removed the folder while we were running: make it again, once
        await writeOnce(name, parts, expiresAt, signal)
      }
    },

    async take(name) {
      const taken = workFileName(name, 'taken')
      return unlessMissing(rename(pathOf(name), pathOf(taken)).then(() => taken))
    },

    async read(name) {
      const file = await openOwnFile(pathOf(name))
      if (file === undefined || file === 'foreign') return file
      try {
        const facts = await file.stat()
        if (!facts.isFile() || facts.size > MOST_FILE_BYTES) return 'foreign'
        return decodePageRecord(await readWhole(file, facts.size)) ?? 'foreign'
      } finally {
        await file.close()
      }
    },

    async facts(name) {
      const facts = await unlessMissing(lstat(pathOf(name)))
      return facts && { bytes: facts.size, changedAt: facts.ctimeMs, expiresAt: Math.round(facts.mtimeMs) }
    },

    list: () => unlessMissing(opendir(directory, { bufferSize: 128 })),
  }
}

async function openOwnFile(path: string): Promise<FileHandle | 'foreign' | undefined> {
  try {
    return await unlessMissing(open(path, READ_OWN_FILE))
  } catch (error) {
    if (isErrno(error, 'ELOOP')) return 'foreign' // a symbolic link, which O_NOFOLLOW refuses
    throw error
  }
}

async function readWhole(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size)
  let length = 0
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return bytes.subarray(0, length)
}

async function unlessMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

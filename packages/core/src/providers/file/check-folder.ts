// The file provider's check(): tries the folder for real and puts what is wrong into sentences.
import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { encodePageRecord } from '../../page-record.js'
import { pageFileName } from './file-names.js'
import { describeFailure } from './folder-failure.js'
import type { PageFolder } from './page-folder.js'

const PROBE_BYTES = 64 * 1024
const PROBE_LIFE_MS = 10_000

// The permission bits of a mode, and those of them that let other users in.
const PERMISSIONS = 0o777
const OTHERS = 0o077

/** One sentence or two per problem: who else can read the folder, and whether it can be listed and a file written, read and removed. */
export async function checkFolder(folder: PageFolder): Promise<string[]> {
  try {
    await folder.prepare()
    await (await folder.list())?.close()
    return [...(await checkPermissions(folder.directory)), ...(await checkWriting(folder))]
  } catch (error) {
    return [describeFailure('open its folder', folder.directory, error)]
  }
}

async function checkPermissions(directory: string): Promise<string[]> {
  if (process.geteuid === undefined) return [] // Windows has no such permissions
  const { mode, uid } = await stat(directory)
  const shown = JSON.stringify(directory)
  const problems: string[] = []
  if ((mode & OTHERS) !== 0) {
    const bits = (mode & PERMISSIONS).toString(8)
    problems.push(`Other users of this machine can look into ${shown} (mode ${bits}): run chmod 700 on it.`)
  }
  if (uid !== process.geteuid()) {
    problems.push(
      `${shown} belongs to user ${uid} and the server runs as user ${process.geteuid()}: give it to that user.`,
    )
  }
  return problems
}

/** Sends a probe the way of every page: written, taken, read and removed. */
async function checkWriting(folder: PageFolder): Promise<string[]> {
  const shown = JSON.stringify(folder.directory)
  const name = pageFileName(`probe ${randomBytes(16).toString('hex')}`)
  const body = randomBytes(PROBE_BYTES)
  const now = Date.now()
  const fields = { url: '/probe', method: 'GET', status: 200, contentType: 'application/octet-stream' }
  const probe = { ...fields, capturedAt: now, expiresAt: now + PROBE_LIFE_MS, body }

  let attempt = 'write a probe'
  try {
    await folder.write(name, [encodePageRecord(probe)], probe.expiresAt)
    attempt = 'read its probe'
    const taken = await folder.take(name)
    if (taken === undefined) return [`A probe vanished from ${shown}: see whether something else empties the folder.`]
    const copy = await folder.read(taken)
    await folder.discard(taken)
    if (copy === undefined || copy === 'foreign' || !copy.body.equals(body)) {
      return [`A probe read from ${shown} differs from what was written: check that disk.`]
    }
    if (await folder.facts(taken)) return [`A probe cannot be removed from ${shown}: check the folder's permissions.`]
    return []
  } catch (error) {
    return [describeFailure(attempt, folder.directory, error)]
  }
}

// The names of the file provider's files: nothing in a listing of the folder is of use to a reader of it.
import { createHash, randomBytes } from 'node:crypto'

const PAGE_FILE = /^[0-9a-f]{64}\.page$/
const WORK_FILE = /^[0-9a-f]{64}\.[0-9a-f]{16}\.(?:new|taken)$/

/**
 * The file of the page under `token`: the token's SHA-256 in hex. So a listing gives no token away, tokens that differ
 * only in case stay apart on every file system, and no token can be a path.
 */
export function pageFileName(token: string): string {
  return `${createHash('sha256').update(token).digest('hex')}.page`
}

/** A name that only one operation uses: `new` while a page is being written, `taken` once it has been pulled. */
export function workFileName(pageFile: string, step: 'new' | 'taken'): string {
  return pageFile.replace(/page$/, `${randomBytes(8).toString('hex')}.${step}`)
}

/** What a file of this name is to the file provider; `undefined`: not ours, never touched. */
export function kindOfFile(name: string): 'page' | 'work' | undefined {
  if (PAGE_FILE.test(name)) return 'page'
  return WORK_FILE.test(name) ? 'work' : undefined
}

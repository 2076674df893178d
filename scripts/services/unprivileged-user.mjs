// Who a throw-away server runs as, and where its folder may be so that it can get there.
import { readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const NOBODY = { uid: 65534, gid: 65534 }

/** Names of sockets have room for about 100 bytes; this much of it is left for the folder's parent. */
const MAX_PARENT_BYTES = 60

/** Owner for a server when we are root: `nobody`, without groups. `undefined`: it runs as whoever we are. */
export function unprivilegedUser() {
  if (process.getuid?.() !== 0) return undefined
  const entry = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))
  return entry ? { uid: Number(entry[1]), gid: Number(entry[2]) } : NOBODY
}

/** What the names of our throw-away folders begin with: in the system's temp folder, unless that is too deep or closed. */
export function folderPrefix(owner) {
  const parent = tmpdir()
  const usable = Buffer.byteLength(parent) <= MAX_PARENT_BYTES && (owner === undefined || isOpenToAll(parent))
  return join(usable ? parent : '/tmp', 'facsimile-')
}

function isOpenToAll(folder) {
  if ((statSync(folder).mode & 0o001) === 0) return false
  const parent = dirname(folder)
  return parent === folder || isOpenToAll(parent)
}

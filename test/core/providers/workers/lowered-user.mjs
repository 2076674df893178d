// Tells what the file provider does when its user may not write into the folder. Root may always: so root steps down.
import { createPageToken } from '@facsimile/core'
import { createFileProvider } from '@facsimile/core/file'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'

const NOBODY = 65_534
const directory = process.argv[2]
const provider = createFileProvider({ directory })
mkdirSync(directory, { mode: 0o700 })
if (process.geteuid() === 0) {
  chownSync(directory, NOBODY, NOBODY)
  process.setegid(NOBODY)
  process.seteuid(NOBODY)
}

const now = Date.now()
const page = {
  url: '/',
  method: 'GET',
  status: 200,
  contentType: 'text/html',
  capturedAt: now,
  expiresAt: now + 60_000,
}
const token = createPageToken()
const store = () => provider.store(token, { ...page, body: Buffer.from('page') }).then(() => 'stored', describe)
const describe = (error) => ({ code: error.code, errno: error.cause?.code, message: error.message })

const seen = { healthy: await provider.check(), before: await store() }
chmodSync(directory, 0o500)
seen.store = await store()
seen.pull = await provider.pull(token).catch(describe)
seen.remove = await provider.remove(token).catch(describe)
seen.check = await provider.check()
chmodSync(directory, 0o700)
seen.after = await store()
seen.pulled = (await provider.pull(token))?.body.toString()
await provider.close()
console.log(JSON.stringify(seen))

// Tells what the file provider does on a disk that holds a small page and no large one.
import { createPageToken } from '@facsimile/core'
import { createFileProvider } from '@facsimile/core/file'
import { readdir } from 'node:fs/promises'

const provider = createFileProvider({ directory: process.argv[2] })
const now = Date.now()
const page = {
  url: '/',
  method: 'GET',
  status: 200,
  contentType: 'text/html',
  capturedAt: now,
  expiresAt: now + 60_000,
}
const small = createPageToken()
const large = createPageToken()

const failure = await provider.store(large, { ...page, body: Buffer.alloc(400_000) }).catch((error) => error)
const filesAfterFailure = await readdir(process.argv[2])
await provider.store(small, { ...page, body: Buffer.from('small') })
const seen = {
  code: failure?.code,
  errno: failure?.cause?.code,
  message: failure?.message,
  filesAfterFailure,
  large: (await provider.pull(large)) === undefined,
  small: (await provider.pull(small))?.body.toString(),
}
await provider.close()
console.log(JSON.stringify(seen))

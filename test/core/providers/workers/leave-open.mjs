// Uses a provider and ends without closing it: nothing of the provider may keep the process alive.
import { createPageToken, openCacheProvider } from '@facsimile/core'

const provider = openCacheProvider(process.argv[2])
const now = Date.now()
const page = {
  url: '/',
  method: 'GET',
  status: 200,
  contentType: 'text/html',
  capturedAt: now,
  expiresAt: now + 60_000,
}
await provider.store(createPageToken(), { ...page, body: Buffer.from('page') })
console.log('stored')

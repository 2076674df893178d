// Uses a provider, closes it when told to, and has nothing more to do: the process must end by itself.
import { createPageToken } from '@facsimile/core'
import { createRedisProvider } from '@facsimile/core/redis'

const provider = createRedisProvider({ location: process.argv[2] })
const now = Date.now()
await provider.store(createPageToken(), {
  url: '/',
  method: 'GET',
  status: 200,
  contentType: 'text/html',
  capturedAt: now,
  expiresAt: now + 60_000,
  body: Buffer.from('page'),
})
process.once('message', async () => {
  await provider.close()
  process.disconnect()
})
process.send('stored')

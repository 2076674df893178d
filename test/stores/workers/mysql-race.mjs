// One of several processes that race for the same pages: 50 pulls at once for each token it is sent.
import { createMysqlProvider } from '@facsimile/core/mysql'

const [location, taking] = process.argv.slice(2)
const provider = createMysqlProvider({ location, timeoutMs: 10_000 }, { taking })

process.on('message', async (token) => {
  if (token === 'close') {
    await provider.close()
    process.disconnect()
    return
  }
  const pages = await Promise.all(Array.from({ length: 50 }, () => provider.pull(token)))
  process.send(pages.filter((page) => page !== undefined).map(({ body }) => body.toString('latin1')))
})
process.send('ready')

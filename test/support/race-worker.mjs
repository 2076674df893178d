// One of several processes that race for the same pages: 50 pulls at once for each token it is sent.

export function race(provider) {
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
}

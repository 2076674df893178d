import { describe, expect, test } from '@jest/globals'
import { sendRequest } from '../../packages/cli/src/crawl/http-request.js'
import { insideAddressIn, isPublicAddress } from '../../packages/cli/src/crawl/public-address.js'

describe('the addresses to which a page on the internet may not lead', () => {
  test.each([
    'http://127.0.0.1/', 'http://0x7f.1/', 'http://2130706433/', 'http://017700000001/', 'http://0/', 'http://10.1.2.3/',
    'http://100.64.0.1/', 'http://169.254.169.254/latest/', 'http://172.31.255.255/', 'http://192.168.0.1/', 'http://198.18.0.1/',
    'http://224.0.0.1/', 'http://255.255.255.255/', 'http://[::]/', 'http://[::1]/', 'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/', 'http://[::127.0.0.1]/', 'http://[64:ff9b::7f00:1]/', 'http://[2002:7f00:1::]/', 'http://[2001:0:1::]/',
    'http://[fc00::1]/', 'http://[fe80::1]/', 'http://[ff02::1]/',
  ])('hold %s', (url) => {
    expect(insideAddressIn(new URL(url))).toBeDefined()
  }) // prettier-ignore

  test.each(['93.184.216.34', '8.8.8.8', '172.32.0.1', '2606:4700::1111'])('do not hold %s', (address) => {
    expect(isPublicAddress(address)).toBe(true)
    expect(insideAddressIn(new URL(`http://${address.includes(':') ? `[${address}]` : address}/`))).toBeUndefined()
  })

  test.each(['127.0.0.1', 'localhost'])('are refused before a connection is made: %s', async (host) => {
    const question = { method: 'GET', headers: {}, timeoutMs: 5000, maxBytes: 1000, publicOnly: true }
    const refused = sendRequest({ ...question, url: new URL(`http://${host}:1/`) })
    await expect(refused).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('not on the internet'),
      remedy: expect.stringContaining('--allow-private'),
    })
  })
})

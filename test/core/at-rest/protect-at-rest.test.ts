// The door itself: what passes through as it is, what is refused, and settings that would leave pages open.
import { describe, expect, test } from '@jest/globals'
import { createPageToken } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'
import { protectAtRest } from '@facsimile/core/at-rest'
import { samplePage } from '../providers/sample-page.js'
import { createOpenStore, newKey, protectOpenStore } from './open-store.js'

describe('a protected provider', () => {
  test('has the name of the provider behind it, and passes remove(), check() and close() on', async () => {
    const { provider, store } = protectOpenStore({ encryptionKeys: [newKey()] })
    expect(provider.name).toBe('open')
    const token = createPageToken()
    await provider.store(token, samplePage())
    expect(await provider.remove(token)).toBe(true)
    expect(await provider.remove(token)).toBe(false)
    expect(await provider.check()).toEqual(['The open store is only a test.'])
    await provider.close()
    expect(store.calls).toEqual(['store', 'remove', 'remove', 'check', 'close'])
  })

  test('takes no pages piece by piece, which would reach the store as they are', () => {
    expect('openSink' in createMemoryProvider()).toBe(true)
    expect('openSink' in protectAtRest(createMemoryProvider(), { compression: 'gzip' })).toBe(false)
  })

  test('is the provider itself where nothing is to be protected', () => {
    const { provider } = createOpenStore()
    expect(protectAtRest(provider)).toBe(provider)
    expect(protectAtRest(provider, { encryptionKeys: undefined, compression: false })).toBe(provider)
  })

  test('lets a failure of the store be a failure', async () => {
    const failure = new Error('the store is gone')
    const fail = () => Promise.reject(failure)
    const broken = { ...createOpenStore().provider, store: fail, pull: fail, peek: fail, remove: fail }
    const provider = protectAtRest(broken, { encryptionKeys: [newKey()] })
    const token = createPageToken()
    await expect(provider.store(token, samplePage())).rejects.toBe(failure)
    for (const how of ['pull', 'peek', 'remove'] as const) await expect(provider[how](token)).rejects.toBe(failure)
  })

  test('calls it a failure when the store answers with what is no page', async () => {
    for (const answer of [null, 'FCE1', { ...samplePage(), body: 'text' }]) {
      const store = { ...createOpenStore().provider, pull: () => Promise.resolve(answer as never) }
      const provider = protectAtRest(store, { encryptionKeys: [newKey()] })
      await expect(provider.pull(createPageToken())).rejects.toMatchObject({ code: 'PROVIDER_FAILED' })
    }
  })

  test('refuses a page of more than 1 GiB before it does anything with it', async () => {
    const { provider, store } = protectOpenStore({ encryptionKeys: [newKey()] })
    const body = { length: 1024 ** 3 + 1 } as Buffer
    await expect(provider.store(createPageToken(), samplePage({ body }))).rejects.toMatchObject({
      code: 'PAGE_TOO_LARGE',
    })
    expect(store.calls).toEqual([])
  })

  test('works without anybody who is told of unreadable pages', async () => {
    const { provider } = createOpenStore()
    const token = createPageToken()
    await provider.store(token, samplePage())
    expect(await protectAtRest(provider, { encryptionKeys: [newKey()] }).pull(token)).toBeUndefined()
  })
})

test.each([
  ['encryptionKey', 'did you mean encryptionKeys?'],
  ['compresion', 'did you mean compression?'],
  ['zzz', 'there are encryptionKeys, compression, onUnreadable'],
])('a setting called %s is refused, so that a slip leaves no page open', (name, remedy) => {
  const secret = newKey().toString('hex')
  const protect = () => protectAtRest(createOpenStore().provider, { [name]: secret })
  expect(protect).toThrow(
    expect.objectContaining({
      code: 'SETTINGS_INVALID',
      message: `"${name}" is no setting of protectAtRest; ${remedy}`,
    }),
  )
})

// Protection at rest: pages are encrypted, compressed or both before a cache provider, whichever, gets to see them.
import type { CacheProvider, CapturedPage, ProviderCallOptions } from '../cache-provider.js'
import { FacsimileError } from '../errors.js'
import { nearestName } from '../near-miss.js'
import type { PageToken } from '../page-token.js'
import { readProviderAnswer } from '../provider-answer.js'
import { createOperationGate } from '../providers/operation-gate.js'
import { readKeyRing, type EncryptionKey } from './encryption-keys.js'
import { readCompression, type Compression } from './page-compression.js'
import { createPagePacking, type UnreadableReason } from './page-packing.js'

export type { Compression, EncryptionKey, UnreadableReason }

export interface AtRestSettings {
  /**
   * `[current, ...previous]`: new pages are sealed with the first key, stored pages open with any of them. Each is 32
   * random bytes, as a Buffer or as base64, base64url or hex text. Without the list nothing is encrypted.
   */
  readonly encryptionKeys?: readonly EncryptionKey[] | undefined
  /** Pages with a body of 1 KiB or more are compressed, unless that makes them no smaller. @default false */
  readonly compression?: Compression | false | undefined
  /** Told of each stored page that cannot be read, which `pull` and `peek` answer like a miss. It must not throw. */
  readonly onUnreadable?: ((reason: UnreadableReason) => void) | undefined
}

const SETTING_NAMES: readonly string[] = [
  'encryptionKeys',
  'compression',
  'onUnreadable',
] satisfies (keyof AtRestSettings)[]

/**
 * `provider` behind a door: it is given pages whose URL, method, status and content type say nothing, and whose body is
 * an envelope around the whole page (see envelope.ts), encrypted with AES-256-GCM and bound to its token and its
 * deadline. What the store still sees: tokens, both instants, and how long an envelope is.
 *
 * A page that was stored before protection was switched on, or was changed since, is refused and reported to
 * `onUnreadable`; a `pull` takes it away all the same. With encryption on, an envelope that is only compressed counts as
 * such. Every compression can be read whichever is set. Without keys and compression the answer is `provider` itself.
 *
 * `close()` closes the provider too. Bounds in bytes count what is stored, not the page. Throws `SETTINGS_INVALID` for
 * settings that cannot be used, and never shows a key.
 */
export function protectAtRest(provider: CacheProvider, settings: AtRestSettings = {}): CacheProvider {
  requireKnownNames(settings)
  const { encryptionKeys, compression: written = false, onUnreadable } = settings
  const keys = encryptionKeys === undefined ? undefined : readKeyRing(encryptionKeys)
  const compression = readCompression(written)
  if (keys === undefined && compression === false) return provider
  const packing = createPagePacking(keys, compression)
  const gate = createOperationGate(provider.name)
  const usage = provider.usage?.bind(provider)

  async function keep(token: PageToken, page: CapturedPage, options?: ProviderCallOptions): Promise<void> {
    const packed = await packing.pack(token, page, options?.signal)
    options?.signal?.throwIfAborted()
    await provider.store(token, packed, options)
  }

  async function read(how: 'pull' | 'peek', token: PageToken, options?: ProviderCallOptions) {
    const packed = readProviderAnswer(await provider[how](token, options), provider.name)
    if (packed === undefined) return undefined
    const page = await packing.unpack(token, packed, options?.signal)
    if (typeof page !== 'string') return page
    onUnreadable?.(page)
    return undefined
  }

  return {
    name: provider.name,
    store: (token, page, options) => gate.pass(() => keep(token, page, options), options?.signal),
    pull: (token, options) => gate.pass(() => read('pull', token, options), options?.signal),
    peek: (token, options) => gate.pass(() => read('peek', token, options), options?.signal),
    remove: (token) => gate.pass(() => provider.remove(token)),
    check: () => provider.check(),
    ...(usage && { usage: () => gate.pass(usage) }),
    async close() {
      await gate.close()
      await provider.close()
    },
  }
}

/** A slip in a name must not leave pages unencrypted. */
function requireKnownNames(settings: AtRestSettings): void {
  const unknown = Object.keys(settings).find((name) => !SETTING_NAMES.includes(name))
  if (unknown === undefined) return
  const nearest = nearestName(unknown, SETTING_NAMES)
  const remedy = nearest === undefined ? `there are ${SETTING_NAMES.join(', ')}` : `did you mean ${nearest}?`
  throw new FacsimileError('SETTINGS_INVALID', `${JSON.stringify(unknown)} is no setting of protectAtRest; ${remedy}`)
}

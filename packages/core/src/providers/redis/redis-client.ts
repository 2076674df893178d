// What the provider uses of an ioredis client, so that any version that has it will do.

/** An ioredis `Redis` or `Cluster`, version 5 or 6; written out, because ioredis need not be installed. */
export interface RedisClient {
  /** Such as `wait`, `connecting`, `connect` (its handshake is under way), `ready`, `reconnecting` and `end`. */
  readonly status: string
  /** The connection of a single server. It may be about to close while the status is `ready` still. */
  readonly stream?: {
    readonly writable: boolean
    readonly writableCorked?: number
    cork?(): void
    uncork?(): void
  }
  connect(): Promise<void>
  on(event: ClientEvent, listener: (error: Error) => void): unknown
  off(event: ClientEvent, listener: (error: Error) => void): unknown
  ping(): Promise<unknown>
  set(key: string, value: Buffer, unit: 'PX', milliseconds: number): Promise<unknown>
  getBuffer(key: string): Promise<Buffer | null>
  getdelBuffer(key: string): Promise<Buffer | null>
  pexpire(key: string, milliseconds: number): Promise<number>
  del(key: string): Promise<number>
  info(section: string): Promise<string>
  scan?(cursor: string, ...options: ['MATCH', string, 'COUNT', number]): Promise<[cursor: string, keys: unknown[]]>
  /** Of a Cluster. */
  nodes?(role: 'master'): readonly RedisClient[]
  /** `keyPrefix` stands before each key that is sent, but not in what SCAN is given. */
  readonly options?: { readonly keyPrefix?: string | undefined }
  config(subcommand: 'GET', parameter: string): Promise<unknown>
  quit(): Promise<unknown>
  disconnect(): void
}

type ClientEvent = 'ready' | 'error' | 'close' | 'end'

const METHODS: readonly (keyof RedisClient)[] = ['connect', 'on', 'off', 'set', 'getBuffer', 'getdelBuffer', 'del']

export function isRedisClient(value: unknown): value is RedisClient {
  if (typeof value !== 'object' || value === null) return false
  const client = value as Record<keyof RedisClient, unknown>
  return typeof client.status === 'string' && METHODS.every((method) => typeof client[method] === 'function')
}

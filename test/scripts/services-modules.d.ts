// Types of the plain JavaScript modules that bring up servers, as far as tests use them.

declare module '*/scripts/services.mjs' {
  /** One private server; what each part does is written at `startThrowAwayServer`. */
  export interface ThrowAwayServer {
    readonly url: string
    readonly port: number
    /** Name and version, such as `Redis 7.0.15`. */
    readonly server: string
    readonly pid: number
    kill(signal?: NodeJS.Signals): Promise<void>
    restart(): Promise<void>
    stop(): Promise<void>
  }
  export interface Services {
    readonly env: Readonly<Record<string, string>>
    stop(): Promise<void>
  }
  export function startRedis(settings?: { args?: readonly string[] }): Promise<ThrowAwayServer>
  export function startMariadb(settings?: { args?: readonly string[] }): Promise<ThrowAwayServer>
  export function startServices(settings?: {
    log?: (line: string) => void
    env?: NodeJS.ProcessEnv
    signal?: AbortSignal
  }): Promise<Services>
}

declare module '*/services/reaches-tests.mjs' {
  export function reachesTests(jestArguments: readonly string[], tests: readonly string[]): boolean
}

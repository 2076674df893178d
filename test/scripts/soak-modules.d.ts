// Types of the soak's plain JavaScript modules, as far as its tests use them.

declare module '*/soak/options.mjs' {
  export interface SoakOptions {
    requests: number
    seconds: number
    store: string
    periodMs: number
    seed: number
    warmUp: number
    step: number
    /** For tests: the server leaks on purpose. */
    leaks?: boolean
  }
  export const USAGE: string
  export class UsageError extends Error {}
  export function parseOptions(args: string[]): SoakOptions & { json: boolean; help: boolean }
  export function roundsOf(requests: number): { warmUp: number; step: number }
}

declare module '*/soak/soak.mjs' {
  import type { SoakOptions } from '*/soak/options.mjs'
  import type { Measured } from '*/soak/bars.mjs'
  export function soak(options: SoakOptions, log?: (line: string) => void): Promise<Measured>
}

declare module '*/soak/bars.mjs' {
  export interface Sample {
    requests: number
    heapUsed: number
    arrayBuffers: number
    timers: number
    openBodies: number
    connections: number
    listeners: number
    mostSocketListeners: number
    handles: Record<string, number>
    complaints: string[]
    finished: number
    events: Record<string, number>
    store: Record<string, number>
  }
  export interface Measured {
    start: { timers: number; arrayBuffers: number }
    buffersLeft: number
    samples: Sample[]
    ledger: {
      counts: Record<string, number>
      crawler: Record<string, number>
      wrong: string[]
      byKind: Record<string, number>
    }
    end: {
      status: number | null
      signal: string | null
      ms: number
      handles: Record<string, number>
      complaints: string[]
      broken: number
      visitors: Record<string, number>
      cases: string[]
    }
    seconds: number
  }
  export interface Bar {
    name: string
    figure: number | string
    bar: string
    isMissed: boolean
  }
  export function slopeOf(points: [number, number][]): number
  export function judge(measured: Measured): Bar[]
}

declare module '*/soak/report.mjs' {
  import type { Bar, Measured } from '*/soak/bars.mjs'
  export function render(measured: Measured, bars: Bar[]): string
}

declare module '*/soak/flapping-store.mjs' {
  import type { CacheProvider } from '@facsimile/core'
  export function conditionIn(number: number): string
  export function createFlappingStore(
    inner: CacheProvider,
    periodMs: number,
  ): {
    provider: CacheProvider
    seen: Record<string, number>
    openBodies(): number
    rest(): Promise<void>
    resume(): void
  }
}

declare module '*/soak/pages.mjs' {
  export function pageOf(kib: number, visit: number): Buffer
  export function withSnippets(page: Buffer, token: string): Buffer
  export function tokenIn(page: Buffer): string | undefined
}

declare module '*/soak/connection.mjs' {
  export class CutAnswerError extends Error {
    begun: boolean
  }
  export function openConnection(port: number): Promise<{
    send(bytes: string): void
    read(method: string): Promise<{ status: number; body: Buffer; header(name: string): string | undefined }>
    reset(): Promise<void>
    hangUp(): Promise<void>
  }>
}

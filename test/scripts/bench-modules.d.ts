// Types of the benchmark's plain JavaScript modules, as far as its tests use them.

declare module '*/bench/bars.mjs' {
  interface Bar {
    what: string
    atLeast?: number
    atMost?: number
    unit: string
    measured: number
  }
  export function throughputBars(result: object): Bar[]
  export function isMet(bar: Bar): boolean
  export function renderBars(bars: Bar[]): string | undefined
}

declare module '*/bench/environment.mjs' {
  export function renderEnvironment(environment: object, protocol: string | undefined): string
}

declare module '*/bench/event-loop.mjs' {
  export function summarizeEventLoop(
    testCase: object,
    variants: string[],
    samples: object[],
  ): { variants: Record<string, object> }
}

declare module '*/bench/first-byte.mjs' {
  export function summarizeFirstBytes(variants: string[], pairs: object[]): object
}

declare module '*/bench/load.mjs' {
  interface WindowCounts {
    requests: number
    requestsPerSecond: number
  }
  export function parseWrk(report: string): WindowCounts
  export function parseAutocannon(report: string): WindowCounts
}

declare module '*/bench/memory.mjs' {
  export function summarizeMemory(variants: string[], pairs: object[]): object
}

declare module '*/bench/options.mjs' {
  interface SectionOptions {
    cases: { name: string }[]
    variants: string[]
    rounds: number
    seconds: number
  }
  interface Options {
    sections: Record<string, SectionOptions>
  }
  export const USAGE: string
  export class UsageError extends Error {}
  export function parseOptions(args: string[]): Options
  export function withoutNginx(options: Options): Options['sections']
}

declare module '*/bench/other-reports.mjs' {
  export function renderFirstByte(result: object): string
  export function renderMemory(result: object): string
  export function renderFetch(result: object): string
}

declare module '*/bench/pages.mjs' {
  export const CASES: readonly { name: string; label: string; path: string; kind: 'html' | 'other' }[]
  export function createPage(bytes: number): string
  export function expectedBody(testCase: { path: string }): Buffer
}

declare module '*/bench/progress.mjs' {
  export function createProgress(
    plannedSeconds: number,
    log: (line: string) => void,
    now: () => number,
  ): { step(seconds: number, line: string): void }
}

declare module '*/bench/report.mjs' {
  export function replaceSection(document: string, name: string, text: string): string
}

declare module '*/bench/sections.mjs' {
  export const SECTIONS: Record<string, { plan(options: object): number }>
}

declare module '*/bench/statistics.mjs' {
  interface Spread {
    median: number
    min: number
    max: number
  }
  interface Window {
    requestsPerSecond: number
    cpuMicros: number
  }
  interface Summary {
    requests: Spread
    cpu: Spread
    extraCpuMicros: number
  }
  export function median(values: number[]): number
  export function spread(values: number[]): Spread
  export function pairOrder(turn: number, base: string, variant: string): string[]
  export function summarizePairs(pairs: { base: Window; variant: Window }[]): Summary
  export function windowSeconds(seconds: number, requestsPerSecond: number): number
}

declare module '*/bench/stored-pages.mjs' {
  export function tokenOf(index: number): string
  export function fetchPages(port: number, window: { from: number; to: number; again: boolean }): Promise<number>
}

declare module '*/bench/throughput-report.mjs' {
  export function renderThroughput(result: object): string
  export function renderShortThroughput(result: object): string
}

declare module '*/bench/throughput.mjs' {
  interface Ratio {
    median: number
    min: number
    max: number
  }
  export function summarizeCase(
    testCase: object,
    variants: string[],
    pairs: object[],
  ): {
    bareRequestsPerSecond?: number
    summaries: Record<string, { requests: Ratio }>
    timesInterceptor?: Ratio
  }
}

declare module '*/bench/variants.mjs' {
  export const HEAD_SNIPPET: string
  export const END_SNIPPET: string
}

declare module '*/bench/verify.mjs' {
  export function takeOutSnippets(text: string): { page?: string; fetchUrl?: string | null; problem?: string }
}

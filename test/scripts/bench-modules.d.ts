// Types of the benchmark's plain JavaScript modules, as far as its tests use them.

declare module '*/bench/load.mjs' {
  interface WindowCounts {
    requests: number
    requestsPerSecond: number
  }
  export function parseWrk(report: string): WindowCounts
  export function parseAutocannon(report: string): WindowCounts
}

declare module '*/bench/options.mjs' {
  export class UsageError extends Error {}
  export function parseOptions(args: string[]): {
    cases: { name: string }[]
    variants: string[]
    rounds: number
    seconds: number
  }
}

declare module '*/bench/pages.mjs' {
  export const CASES: readonly { name: string; label: string; path: string; kind: 'html' | 'other' }[]
  export function createPage(bytes: number): string
  export function expectedBody(testCase: { path: string }): Buffer
}

declare module '*/bench/report.mjs' {
  export function renderThroughput(result: object): string
  export function renderMemory(result: object): string
  export function replaceSection(document: string, name: string, text: string): string
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
  export function median(values: number[]): number
  export function spread(values: number[]): Spread
  export function pairOrder(round: number, variant: string): string[]
  export function summarizePairs(pairs: { bare: Window; variant: Window }[]): {
    requests: Spread
    cpu: Spread
    extraCpuMicros: number
  }
}

declare module '*/bench/variants.mjs' {
  export const HEAD_SNIPPET: string
  export const END_SNIPPET: string
}

declare module '*/bench/verify.mjs' {
  export function takeOutSnippets(text: string): { page?: string; fetchUrl?: string; problem?: string }
}

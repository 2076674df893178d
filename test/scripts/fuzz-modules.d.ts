// Types of the fuzzer's plain JavaScript modules, as far as its tests use them.

declare module '*/fuzz/options.mjs' {
  export class UsageError extends Error {}
  export function parseOptions(
    args: readonly string[],
    today?: Date,
  ): {
    seed: number
    cases: number
    seconds: number | undefined
    json: boolean
    help: boolean
  }
}

// Figures and long texts as people read them.

/** 5312 becomes `5,312 bytes`. */
export function formatBytes(bytes: number): string {
  return `${formatCount(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-GB')
}

/** 0.42 becomes `0.4 ms`, 5312 `5.3 s`, 90000 `1.5 min`. */
export function formatMs(ms: number): string {
  if (ms < 10) return `${Math.max(0, ms).toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 3_600_000) return `${(ms / 60_000).toFixed(1)} min`
  return `${(ms / 3_600_000).toFixed(1)} h`
}

const MAX_CHARS = 120
const LAST_CHARS = 30

/** A long path or name: how it begins, and how it ends. */
export function shorten(text: string): string {
  if (text.length <= MAX_CHARS) return text
  return `${text.slice(0, MAX_CHARS - LAST_CHARS)}…${text.slice(-LAST_CHARS)}`
}

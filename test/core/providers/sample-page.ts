// Pages and folders for the tests of the cache providers.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPageToken, type CacheProvider, type CapturedPage, type PageToken } from '@facsimile/core'

/** A page that lives for a minute, with `overrides`. */
export function samplePage(overrides: Partial<CapturedPage> = {}): CapturedPage {
  const now = Date.now()
  return {
    url: '/account?tab=2',
    method: 'GET',
    status: 200,
    contentType: 'text/html; charset=utf-8',
    capturedAt: now,
    expiresAt: now + 60_000,
    body: Buffer.from('<!doctype html><title>Account</title>'),
    ...overrides,
  }
}

/** Runs `use` with a new folder that is removed afterwards, whatever happens. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'facsimile-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Asks until `holds` answers true; fails after ten seconds. */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within 10 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Stores `count` pages one after the other. */
export async function storeSome(provider: CacheProvider, count: number, bodyBytes = 10): Promise<PageToken[]> {
  const tokens = Array.from({ length: count }, createPageToken)
  for (const token of tokens) await provider.store(token, samplePage({ body: Buffer.alloc(bodyBytes) }))
  return tokens
}

/** For each token, whether there is a page. */
export async function whichAreKept(provider: CacheProvider, tokens: readonly PageToken[]): Promise<boolean[]> {
  return Promise.all(tokens.map(async (token) => (await provider.peek(token)) !== undefined))
}

// Everything that the other packages and authors of cache providers use.
export type { CacheBounds, CacheProvider, CapturedPage, ProviderCallOptions, UnixMs } from './cache-provider.js'
export { ERROR_CODES, FacsimileError, type ErrorCode } from './errors.js'
export { createPageToken, maskPageToken, parsePageToken, type PageToken } from './page-token.js'

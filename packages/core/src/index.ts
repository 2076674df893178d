// Everything that the other packages and authors of cache providers use.
export { createAddressGuard } from './address/address-guard.js'
export type {
  AddressedRequest,
  AddressGuard,
  AddressGuardSettings,
  ClientAddressSettings,
} from './address/address-guard.js'
export {
  compileAddressRanges,
  parseAddressRange,
  type AddressPredicate,
  type AddressRange,
} from './address/address-range.js'
export type { AddressReason, AddressVerdict } from './address/address-verdict.js'
export { createAddressExplainer, type AddressExplanation, type AddressHop } from './address/address-explanation.js'
// What the predicate of compileAddressRanges takes.
export { parseIpAddress, type IpAddress } from './address/ip-address.js'
export { createBlockReport } from './block-report.js'
export type {
  BodySink,
  CacheBounds,
  CacheProvider,
  CacheUsage,
  CapturedPage,
  PageFacts,
  ProviderCallOptions,
  UnixMs,
} from './cache-provider.js'
export { CapturedBody } from './captured-body.js'
export { asciiBasedCharset } from './charset.js'
export { ERROR_CODES, FacsimileError, toError, type ErrorCode } from './errors.js'
export { maskLocation } from './mask-location.js'
export { maskSettings } from './masked-settings.js'
export { nearestName } from './near-miss.js'
// What loads prom-client and the API of OpenTelemetry, for those who want them.
export { loadOptionalPackage } from './optional-package.js'
export { openCacheProvider } from './open-cache-provider.js'
export { findSettingGaps, isNearlyEverybody, type SettingGap } from './setting-gaps.js'
export { createSettingsSchema } from './settings-json-schema.js'
export { findSettingsProblems } from './settings-problems.js'
export { readJsonText } from './strict-json.js'
export { createFileProvider, type FileProviderSettings } from './providers/file-provider.js'
export { createMemoryProvider } from './providers/memory-provider.js'
export { addSources, type AddedSource } from './csp/added-sources.js'
export { takeNoncesOut, type PagePolicies } from './csp/page-policies.js'
export { createPageToken, maskPageToken, parsePageToken, type PageToken } from './page-token.js'
export {
  createEventSource,
  type EventSource,
  type FacsimileEvent,
  type FacsimileEventName,
  type FacsimileEvents,
  type FetchFacts,
  type StoredPageFacts,
} from './events.js'
export { cookieValues, createFetchUrlBuilder } from './fetch-url.js'
export { compileGlobs, type PathPredicate } from './glob.js'
export { buffersOf, Inserter, type InsertionPlan } from './insertion/inserter.js'
export { createSafeLogger, type Logger } from './logger.js'
export { comparePages, type InsertedPiece, type PageDifference } from './page-difference.js'
export { createPageStore, type PageStore } from './page-store.js'
export { readSettingsText } from './settings-text.js'
export { resolveSettings, type FacsimileSettings, type Settings } from './settings.js'
export { compileSnippets, type Placement, type Snippet, type SnippetRequest } from './snippet.js'
export type { BlockedSnippet, CspMode } from './snippet-fit.js'
export type { FittedSnippets, PageTraits, SnippetSet } from './snippet-set.js'
export type { SnippetValues } from './snippet-template.js'
export {
  explain,
  WORDS,
  type Explanation,
  type Finding,
  type Loss,
  type Miss,
  type PassOver,
  type Refusal,
  type Unreadable,
  type WordKind,
} from './words.js'

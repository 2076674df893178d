// The middleware for Express, Connect and bare node:http.
export { createFacsimile, type Facsimile, type FacsimileInternals } from './facsimile.js'
export type { LiveFacsimileSettings } from './settings-source.js'
export type { Middleware, Request, Response } from './http-types.js'
// What a caller of createFacsimile meets in settings and errors.
export { FacsimileError, type ErrorCode, type FacsimileSettings } from '@facsimile/core'

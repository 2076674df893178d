// Answers write() and end() after the application has ended a response of which Node still awaits the rest.
import type { Callback } from './body-arguments.js'
import { isHttp2, type Response } from './http-types.js'
import { classMethodsOf } from './response-hooks.js'

/** Node itself refuses it, for it sees that the response has ended; over HTTP/2 it keeps that where nobody can tell it. */
export function writeLate(res: Response, args: unknown[], callback: Callback | undefined): boolean {
  if (!isHttp2(res)) return classMethodsOf(res).write.apply(res, args)
  const error = Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' })
  if (callback !== undefined) process.nextTick(callback, error)
  res.destroy(error)
  return false
}

export function endLate(res: Response, args: unknown[], callback: Callback | undefined): Response {
  if (!isHttp2(res)) return classMethodsOf(res).end.apply(res, args)
  if (callback !== undefined) process.nextTick(callback)
  return res
}

// The shop's robots.txt: what `facsimile robots` prints keeps search engines away from the stored pages.
import type { RequestHandler } from 'express'

/** Answers GET /robots.txt. */
export function robotsFile(fetchPath: string): RequestHandler {
  return (_req, res) => res.type('text').send(`User-agent: *\nDisallow: ${fetchPath}\n`)
}

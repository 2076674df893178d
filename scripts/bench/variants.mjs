// The filters that are compared, each mounted the way its own documentation shows.

/** The code that every filter puts in: about 300 bytes, one script for the head and one for the end of the body. */
export const HEAD_SNIPPET =
  '<script>window.benchStartedAt=performance.now();window.benchQueue=window.benchQueue||[]</script>'
export const END_SNIPPET =
  '<script>window.benchFetchFrom=%FetchUrl%;window.benchQueue.push(["page",window.benchFetchFrom]);(function(d,s){s=d.createElement("script");s.async=1;s.src="/recorder.js";d.body.appendChild(s)})(document)</script>'

/** The address that may fetch copies, as the header `X-Forwarded-For` gives it. */
export const CRAWLER_ADDRESS = '203.0.113.9'

/** What a filter without tokens puts before `</body>`: the same code with an address of the same length. */
export const PLAIN_SNIPPET = HEAD_SNIPPET + END_SNIPPET.replace('%FetchUrl%', `"/facsimile?t=${'A'.repeat(32)}"`)

const MIB = 1024 * 1024
/** The default of `maxPageBytes`: a longer page is injected and not stored. */
const DEFAULT_MAX_PAGE_BYTES = 5 * MIB

/**
 * Who takes part, by name. `base` is what a figure is a ratio to; `mount(app, provider)` puts a filter in front of the
 * routes, `injects` tells whether it changes pages, `keepsUpTo` how long a page may be that it also stores, and
 * `packages` are those that a reader needs the versions of. What stands in nginx is not mounted: see nginx.mjs.
 */
export const VARIANTS = Object.freeze({
  bare: { mount: () => undefined, injects: false, packages: ['express'] },
  facsimile: {
    base: 'bare',
    mount: (app, cacheProvider) => mountFacsimile(app, { cacheProvider }),
    injects: 'snippets',
    keepsUpTo: DEFAULT_MAX_PAGE_BYTES,
    packages: ['@facsimile/express'],
  },
  'insertion only': {
    base: 'bare',
    mount: (app) => mountFacsimile(app, { disableCache: true }),
    injects: 'snippets',
    packages: ['@facsimile/express'],
  },
  'capture to 16 MiB': {
    base: 'bare',
    mount: (app, cacheProvider) => mountFacsimile(app, { cacheProvider, maxPageBytes: 16 * MIB }),
    injects: 'snippets',
    keepsUpTo: 16 * MIB,
    packages: ['@facsimile/express'],
  },
  'express-interceptor': {
    base: 'bare',
    mount: mountExpressInterceptor,
    injects: 'plain snippet',
    packages: ['express-interceptor'],
  },
  'html-rewriter-wasm': {
    base: 'bare',
    mount: mountHtmlRewriterWasm,
    injects: 'plain snippet',
    packages: ['html-rewriter-wasm'],
  },
  'classes only': { base: 'bare', mount: mountSharedClasses, injects: false, packages: [] },
  'bare again': { base: 'bare', mount: () => undefined, injects: false, packages: [] },
  'nginx plain': { proxied: true, injects: false, packages: [] },
  'nginx sub_filter': { base: 'nginx plain', proxied: true, injects: 'plain snippet', packages: [] },
})

/** Insertion by two snippets; `settings` say what is stored, and where. */
async function mountFacsimile(app, settings) {
  const { createFacsimile } = await import('@facsimile/express')
  const facsimile = createFacsimile({
    snippets: [
      { name: 'start', placement: 'head-start', html: HEAD_SNIPPET },
      { name: 'recorder', placement: 'body-end', html: END_SNIPPET },
    ],
    ...settings,
    // The load comes from a visitor; the copies are fetched by whoever says that it is the crawler.
    clientAddress: { source: 'x-forwarded-for', trustedProxies: ['127.0.0.1'] },
    allowedAddresses: [CRAWLER_ADDRESS],
  })
  app.use(facsimile.middleware)
}

/**
 * No filter at all, but the step by which Facsimile makes Express's own objects quicker on Node 20 and 22: so that a reader
 * can tell what of a ratio is the filter's cost, and what is that gain.
 */
function mountSharedClasses(app) {
  const readd = (object, key) => {
    const value = object[key]
    delete object[key]
    object[key] = value
  }
  Object.defineProperty(app.response, 'locals', {
    get: () => undefined,
    set(value) {
      readd(this, 'req')
      readd(this.req, 'res')
      Object.defineProperty(this, 'locals', { value, writable: true, enumerable: true, configurable: true })
    },
  })
}

async function mountExpressInterceptor(app) {
  const { default: interceptor } = await import('express-interceptor')
  app.use(
    interceptor((_req, res) => ({
      isInterceptable: () => /text\/html/.test(res.get('Content-Type')),
      // The page is searched from its start, as in the README; a function keeps `$` in the snippet from being expanded.
      intercept: (body, send) => send(body.replace(/<\/body>/i, (tag) => PLAIN_SNIPPET + tag)),
    })),
  )
}

/** The parser has no middleware of its own: one rewriter for each page, the output sent when the page has ended. */
async function mountHtmlRewriterWasm(app) {
  const { HTMLRewriter } = (await import('html-rewriter-wasm')).default
  app.use((_req, res, next) => {
    const { write, end } = res
    let rewriter
    let output = []
    let parsed = Promise.resolve()

    const begin = () => {
      if (rewriter !== undefined) return
      rewriter = /^text\/html\b/i.test(res.get('Content-Type') ?? '')
        ? new HTMLRewriter((piece) => output.push(piece))
        : null
      rewriter?.on('body', { element: (body) => void body.append(PLAIN_SNIPPET, { html: true }) })
    }
    const parse = (chunk, encoding) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
      parsed = parsed.then(() => rewriter.write(bytes))
    }
    res.write = (chunk, encoding, callback) => {
      begin()
      if (!rewriter) return write.call(res, chunk, encoding, callback)
      parse(chunk, encoding)
      return true
    }
    res.end = (chunk, encoding, callback) => {
      begin()
      if (!rewriter) return end.call(res, chunk, encoding, callback)
      if (chunk) parse(chunk, encoding)
      parsed
        .then(() => rewriter.end())
        .then(() => {
          res.removeHeader('Content-Length')
          end.call(res, Buffer.concat(output))
        })
        .catch((error) => res.destroy(error))
        .finally(() => rewriter.free())
      return res
    }
    next()
  })
}

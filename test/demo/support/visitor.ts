// A browser in small: cookies, forms, and the page's scripts with just the browser they need.
import { createContext, runInContext } from 'node:vm'

export interface Visitor {
  /** GETs a page, redirects included. */
  open(path: string): Promise<VisitedPage>
  /** POSTs a form of the page that was opened last, with its token; does not follow a redirect. */
  submit(path: string, fields?: Readonly<Record<string, string>>): Promise<VisitedPage>
  signIn(user?: string, password?: string): Promise<VisitedPage>
  readonly cookieHeader: string
}

export interface VisitedPage {
  readonly url: string
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  readonly text: string
}

export function createVisitor(shopUrl: string): Visitor {
  const cookies = new Map<string, string>()
  let formToken = ''

  async function ask(path: string, init: RequestInit): Promise<VisitedPage> {
    const url = new URL(path, shopUrl).href
    const headers = { ...(init.headers as Record<string, string> | undefined), cookie: cookieHeader(cookies) }
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) keepCookie(cookies, line)
    const bytes = Buffer.from(await response.arrayBuffer())
    const text = bytes.toString()
    formToken = /name="form-token" value="([^"]+)"/.exec(text)?.[1] ?? formToken
    return { url, status: response.status, headers: response.headers, bytes, text }
  }

  async function open(path: string): Promise<VisitedPage> {
    const page = await ask(path, {})
    const location = page.headers.get('location')
    return location === null ? page : open(location)
  }

  function submit(path: string, fields: Readonly<Record<string, string>> = {}): Promise<VisitedPage> {
    return ask(path, { method: 'POST', body: new URLSearchParams({ 'form-token': formToken, ...fields }) })
  }

  return {
    open,
    submit,
    async signIn(user = 'mira', password = 'lantern') {
      await open('/login')
      return submit('/login', { user, password })
    },
    get cookieHeader() {
      return cookieHeader(cookies)
    },
  }
}

/** Runs the inline scripts of a page as a browser at `width` × `height` would, up to and with its load event. */
export function runScripts(page: VisitedPage, { width = 1200, height = 900 } = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    const onLoad: (() => void)[] = []
    const browser = createContext({
      URL,
      Blob,
      Date,
      JSON,
      console,
      location: new URL(page.url),
      document: {
        title: /<title>([^<]*)/.exec(page.text)?.[1],
        doctype: {},
        documentElement: { outerHTML: page.text.replace(/^<!doctype html>\s*/, '') },
      },
      innerWidth: width,
      innerHeight: height,
      addEventListener: (_name: string, listener: () => void) => onLoad.push(listener),
      fetch: (url: string, init: RequestInit & { body: Blob }) => {
        const headers = { origin: new URL(page.url).origin, 'content-type': init.body.type }
        const sent = fetch(url, { ...init, headers })
        sent.then(resolve, reject)
        return sent
      },
    })
    runInContext('var window = globalThis', browser)
    for (const [, script = ''] of page.text.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g))
      runInContext(script, browser)
    if (onLoad.length === 0) reject(new Error('No script of this page waits for it to load'))
    for (const listener of onLoad) listener()
  })
}

function cookieHeader(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
  if (/;\s*Max-Age=0/i.test(line)) cookies.delete(name)
  else cookies.set(name, value)
}

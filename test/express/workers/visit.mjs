// What the workers share: a page, a server that sends it through a Facsimile, and a visit to it.
import { createServer } from 'node:http'

export const PAGE = '<!doctype html><html><head></head><body><p>Tea</p></body></html>'

export const RECORDER = {
  name: 'recorder',
  placement: 'body-end',
  html: '<script>window.FetchFrom=%FetchUrl%</script>',
}

/** Serves `page` under every path; `facsimile` goes first. */
export async function serve(facsimile, page = PAGE) {
  const server = createServer((req, res) =>
    facsimile.middleware(req, res, () => {
      res.setHeader('Content-Type', 'text/html')
      res.end(page)
    }),
  )
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${server.address().port}`, server }
}

/** The page's text, and the token in it. */
export async function visit(origin) {
  const text = await (await fetch(origin, { headers: { Connection: 'close' } })).text()
  return { text: text.replace(/<script>.*?<\/script>/, ''), token: /t=([\w-]{32})/.exec(text)?.[1] }
}

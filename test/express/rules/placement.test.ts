// Rules 1, 2, 3, 5 and 6 over a socket: each snippet stands once, at the one real tag, whatever else looks like it.
import { describe, expect, test } from '@jest/globals'
import type { FacsimileSettings } from '@facsimile/express'
import { fetchRaw, openConnection } from '../../support/raw-http.js'
import { serveFiltered } from '../../support/filtered-site.js'

type Placement = NonNullable<FacsimileSettings['snippets']>[number]['placement']

/** `^` stands where the snippet has to be. */
type Cases = Record<string, string>

const inBody = (content: string) => `<!doctype html><html><head><title>t</title></head><body>${content}</html>`

const BODY_END: Cases = {
  'before the tag': inBody('<p>Tea</p>^</body>'),
  'not in a comment': inBody('<!-- </body> --><p>Tea</p>^</body>'),
  'not in a comment that is closed by --!>': inBody('<!-- </body> --!><p>Tea</p>^</body>'),
  'not after a comment that is empty': inBody('<!--><p>Tea</p>^</body>'),
  'not in a conditional comment': inBody('<!--[if IE]></body><![endif]--><p>Tea</p>^</body>'),
  'not in a title in the head':
    '<!doctype html><html><head><title></body></title></head><body><p>Tea</p>^</body></html>',
  'not in a script': inBody('<script>s="</body>"</script><p>Tea</p>^</body>'),
  'not in a script in a script': inBody('<script><!--<script></body></script>--></script><p>Tea</p>^</body>'),
  'not in a style': inBody('<style>/* </body> */</style><p>Tea</p>^</body>'),
  'not in a textarea': inBody('<textarea></body></textarea><p>Tea</p>^</body>'),
  'not in an attribute in double quotes': inBody('<p title="</body>">Tea</p>^</body>'),
  'not in an attribute in single quotes': inBody("<p title='</body>'>Tea</p>^</body>"),
  'not in the srcdoc of a frame': inBody('<iframe srcdoc="<body></body></html>"></iframe>^</body>'),
  'not in raw text': inBody('<iframe></body></iframe><xmp></body></xmp><noembed></body></noembed>^</body>'),
  'not in noscript or noframes': inBody('<noscript></body></noscript><noframes></body></noframes>^</body>'),
  'not in a template': inBody('<template><body></body></template><p>Tea</p>^</body>'),
  'not in CDATA': inBody('<svg><![CDATA[</body>]]></svg>^</body>'),
  'in capitals': inBody('<p>Tea</p>^</BODY>'),
  'with white space and an attribute in the tag': inBody('<p>Tea</p>^</body \n class="x">'),
  'not at a tag of another name': inBody('</bodyx>Tea^</body>'),
  'not at what is no tag': inBody('< /body>Tea</ body>^</body>'),
  'before the last one of several': inBody('<p>a</p></body><p>b</p></body><p>c</p>^</body>'),
  'before </html> when the tag is missing': inBody('<p>Tea</p>^'),
  'at the end when both tags are missing': '<!doctype html><title>t</title><p>Tea</p>^',
  'before a comment and white space after the tag': inBody('<p>Tea</p>^</body>\n<!-- 1 ms -->\n') + '\n<!-- end -->\n',
  'at the end when more than a comment follows the tag': '<!doctype html><body><p>Tea</p></body><!-- a --><p>late</p>^',
  'at the end when more than an empty comment follows the tag': '<!doctype html><body></body><!--><p>late</p>^',
  'at the end when more than a comment that --!> closes follows the tag':
    '<!doctype html><body></body><!-- a --!><p>late</p>^',
  'before a tag that a comment follows which is not closed': inBody('<p>Tea</p>^</body><!-- a -- > '),
  'before a tag that the end of the page cuts short': '<!doctype html><body><p>Tea</p>^</bod',
}

const HEAD_START: Cases = {
  'after the tag': '<!doctype html><html><head>^<title>t</title></head><body></body></html>',
  'after charset and X-UA-Compatible that follow it':
    '<!doctype html><html><head>\n<meta charset="utf-8">\n<meta http-equiv="X-UA-Compatible" content="IE=edge">^<title>t</title></head></html>',
  'not at a tag in a comment': '<!doctype html><!-- <head> --><html><head lang="en">^</head><body></body></html>',
  'not at <header>': '<!doctype html><html><body><header>Tea</header></body></html>'.replace('<body>', '^<body>'),
}

const HEAD_END: Cases = {
  'before the tag': '<!doctype html><html><head><title>t</title>^</head><body></body></html>',
  'not in a title': '<!doctype html><html><head><title></head></title>^</head><body></body></html>',
  'not in a script': '<!doctype html><html><head><script>s="</head>"</script>^</head><body></body></html>',
  'before the body when the tag is missing': '<!doctype html><title>t</title>^<body><p>Tea</p></body></html>',
  'before the first text when all tags are missing': '<!doctype html><title>t</title>^Tea',
}

const BODY_START: Cases = {
  'after the tag': '<!doctype html><html><head></head><body class="a">^<p>Tea</p></body></html>',
  'after a tag with > in an attribute': '<!doctype html><html><head></head><body title="a>b">^<p>Tea</p></body></html>',
  'not in a comment': '<!doctype html><!-- <body> --><html><head></head><BODY>^<p>Tea</p></BODY></html>',
  'before the first element when the tag is missing': '<!doctype html><title>t</title>^<p>Tea</p>',
}

describe.each([
  ['body-end', BODY_END],
  ['head-start', HEAD_START],
  ['head-end', HEAD_END],
  ['body-start', BODY_START],
] as [Placement, Cases][])('rules 2, 3 and 5: a snippet at %s stands', (placement, cases) => {
  const snippet = '<script>window.x=1</script>'

  test.each(Object.entries(cases))('%s', async (_name, marked) => {
    const page = marked.replace('^', '')
    const { port } = await serveFiltered(
      (req, res) => {
        res.setHeader('Content-Type', 'text/html')
        const size = Number(req.url?.slice(1))
        for (let at = 0; at < page.length; at += size) res.write(page.slice(at, at + size))
        res.end()
      },
      { settings: { snippets: [{ name: 'x', placement, html: snippet }] } },
    )
    const connection = await openConnection(port)
    for (const size of [page.length, 1, 7, 40]) {
      const { body } = await connection.ask({ path: `/${size}` })
      expect(body.toString().replace(snippet, '^')).toBe(marked)
    }
    connection.destroy()
  })
})

test('rule 1: all four together keep their order, and the order of the list within a placement', async () => {
  const placements: Placement[] = ['body-end', 'head-end', 'body-start', 'head-start', 'head-end']
  const snippets = placements.map((placement, index) => ({ name: `n${index}`, placement, html: `<i>${index}</i>` }))
  const { port } = await serveFiltered(
    (_req, res) => res.setHeader('Content-Type', 'text/html').end('<html><head></head><body></body></html>'),
    { settings: { snippets } },
  )
  const connection = await openConnection(port)
  const { body } = await connection.ask()
  expect(body.toString()).toBe('<html><head><i>3</i><i>1</i><i>4</i></head><body><i>2</i><i>0</i></body></html>')
  connection.destroy()
})

describe('rule 6: a snippet at head-start leaves the charset within the first 1024 bytes', () => {
  const long = `<script>x="${'x'.repeat(2_000)}"</script>`
  const settings = { snippets: [{ name: 'long', placement: 'head-start', html: long } as const] }
  const title = `<title>${'t'.repeat(300)}</title>`

  test.each([
    ['<meta charset>', `<!doctype html><html><head>${title}<meta charset="utf-8">^<link></head><body></body></html>`],
    [
      '<meta http-equiv>',
      `<!doctype html><html><head>${title}<META Content="text/html; charset=utf-8" HTTP-EQUIV=Content-Type >^</head></html>`,
    ],
  ])('that %s declares, whatever stands before it', async (_name, marked) => {
    const page = marked.replace('^', '')
    const { port } = await serveFiltered(
      (req, res) => {
        res.setHeader('Content-Type', req.url === '/known' ? 'text/html; charset=utf-8' : 'text/html')
        for (let at = 0; at < page.length; at += 40) res.write(page.slice(at, at + 40))
        res.end()
      },
      { settings },
    )
    expect((await fetchRaw(port)).body.toString()).toBe(marked.replace('^', long))
    // Where the headers tell, nobody looks for it.
    const known = (await fetchRaw(port, { path: '/known' })).body.toString()
    expect(known).toBe(page.replace('<head>', `<head>${long}`))
  })
})

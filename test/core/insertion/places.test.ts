// Where each snippet goes, by example.
import { describe, expect, test } from '@jest/globals'
import { Inserter, type InsertionPlan } from '@facsimile/core'

const [headStart, headEnd, bodyStart, bodyEnd] = ['[HS]', '[HE]', '[BS]', '[BE]'].map((text) => Buffer.from(text))
const SHORT: InsertionPlan = { headStart, headEnd, bodyStart, bodyEnd, charsetKnown: true }

function insert(page: string, plan: InsertionPlan = SHORT, size = Infinity): string {
  const inserter = new Inserter(plan)
  const out: Buffer[] = []
  const bytes = Buffer.from(page, 'latin1')
  for (let at = 0; at < bytes.length; at += size) inserter.push(bytes.subarray(at, at + size), out)
  inserter.end(out)
  // An empty piece would be a call of write() for nothing, which over HTTP/2 is none for nothing.
  expect(out.filter((piece) => piece.length === 0)).toEqual([])
  return Buffer.concat(out).toString('latin1')
}

function expectPlaces(expected: string): void {
  const page = expected.replaceAll(/\[(?:HS|HE|BS|BE)\]/g, '')
  expect(insert(page)).toBe(expected)
  expect(insert(page, SHORT, 1)).toBe(expected)
}

function kindOf(page: string): Inserter['kind'] {
  const inserter = new Inserter(SHORT)
  inserter.push(Buffer.from(page), [])
  inserter.end([])
  return inserter.kind
}

describe('all four places', () => {
  test.each([
    ['a plain page', '<!doctype html><html><head>[HS]<title>x</title>[HE]</head><body>[BS]<p>[BE]</body></html>'],
    [
      'upper case, white space and attributes in tags',
      '<HTML><HEAD\n>[HS]<TITLE>x</TITLE>[HE]</HEAD ><BODY A=">" B=\'a>b\'>[BS]x[BE]</BODY\t></HTML >',
    ],
    [
      'a byte order mark, which stays first',
      '\xef\xbb\xbf<!doctype html><html><head>[HS]<title></title>[HE]</head><body>[BS][BE]</body>',
    ],
    ['no head tag: its first element begins it', '<!doctype html>\n[HS]<title>x</title>\n[HE]<body>[BS]x[BE]</body>'],
    ['no head and no body tag', '<!doctype html><html lang=en>[HS][HE][BS]<p>x[BE]'],
    ['text alone after the doctype', '<!doctype html>\n[HS][HE][BS]Hello[BE]'],
    ['a body tag alone', '[HS][HE]<body>[BS]x[BE]'],
    ['white space before a value', '<html><head>[HS]<meta a= ">" b =\n\'>\'>[HE]</head><body>[BS]x[BE]</body>'],
    ['end tags alone', '<html>[HS][HE][BS][BE]</body></html>'],
    ['a less-than sign in text', '<html>[HS][HE][BS]< 5[BE]'],
    ['a part of a byte order mark where none can stand', '<html>[HS][HE][BS]\xef[BE]'],
    [
      'an instruction, which is a comment',
      '<?x "><html><head>[HS]<?x "><title></title>[HE]</head><body>[BS]x[BE]</body>',
    ],
    ['a comment that --!> ends', '<html><head>[HS]<!-- x --!><title></title>[HE]</head><body>[BS]x[BE]</body>'],
    ['end tags that end nothing', '<html><head>[HS]</z a=">"></p><title></title>[HE]</head><body>[BS]x[BE]</body>'],
    [
      'what only looks like an end tag, which the first > ends',
      '<html><head>[HS]</1 a="><title></title>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'a head tag after the head, which is none',
      '<html><head>[HS][HE]</head><head>[BS]<noscript></noscript>x[BE]</body>',
    ],
    [
      'a page that shows only after its head that it is one',
      '<title>x</title></head><head></head><link>[HS][HE]<body>[BS]x[BE]</body>',
    ],
    [
      'a second head tag, which is none',
      '<html><head>[HS]<title></title><head><link>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'form feeds, which are white space, and a vertical tab, which is none',
      '<html\f><head\f>[HS]<title></title\f>[HE]</head\f>[BS]<body\v>x[BE]</body\f>\f',
    ],
    ['no end tags', '<!doctype html><head>[HS]<title>x</title>[HE]<body>[BS]<p>x[BE]'],
    ['an html end tag alone', '<html>[HS][HE][BS]<p>x[BE]</html>\n'],
    ['an end tag that the page cuts short', '<html>[HS][HE][BS]<p>x[BE]</bod'],
    ['an end tag for the body in an open comment', '<html>[HS][HE][BS]<p>x[BE]</body><!-- never closed'],
    [
      'an end tag for the body, and another in an open comment: the last counts',
      '<html>[HS][HE][BS]<p>x</body><!-- [BE]</body>',
    ],
    ['white space around the end tags', '<html>[HS][HE][BS]a \n [BE]</body> \n\t </html> \r\n'],
    ['a comment and text after the body: the end of the page', '<html>[HS][HE][BS]a</body><!-- b -->text[BE]'],
    ['several end tags for the body: the last counts', '<html>[HS][HE][BS]a</body>b</body><p>c[BE]</body></html>'],
    ['a trailing comment', '<html>[HS][HE][BS]a[BE]</body></html><!-- 12 ms -->\n'],
    ['a trailing comment that names the tag', '<html>[HS][HE][BS]a[BE]</body><!-- </body> --></html>'],
    ['text after the body: the end of the page', '<html>[HS][HE][BS]a</body>text[BE]'],
    [
      'a script after the body, and an html end tag: before that',
      '<html>[HS][HE][BS]a</body><script></script>[BE]</html>',
    ],
    [
      'head tags in raw text, comments and attributes',
      '<html><head>[HS]<script>"</head><body>"</script><!--</head>--><meta content="</head>"><style></head></style>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'a script within a comment within a script',
      '<html><head>[HS]<script><!--<script></script></head>--></script>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'what only looks like the end of a script within a comment within a script',
      '<html><head>[HS]<script><!--<script></script1></head></script></head>--></script>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'an arrow in a comment within a script, which does not end the comment',
      '<html><head>[HS]<script><!-- a-><script></script></head>--></script>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'an arrow in a comment',
      '<html><head>[HS]<!-- a-> >-> </head> -->[HE]</head><body>[BS]x[BE]</body><!-- -> a-> >-> --></html>',
    ],
    [
      'a quote in a long name of a tag, which quotes nothing',
      '<html><head>[HS]<template><custom-element="a></template></custom-element=\'a>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'a quoted value after a long name of a tag',
      '<html><head>[HS]<template><custom-element a="></template>"></custom-element/a="</template>"></template>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'control characters, which are no other case of any other character',
      '<html><head>[HS]<style><\x0fstyle></head></style>[HE]</head><body>[BS]a</body><!\r- x -->[BE]</html>',
    ],
    [
      'a script within a comment within a script, which ends before the comment does',
      '<html><head>[HS]<script><!--<script></script></script>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'a script that compares with a negative number',
      '<html><head>[HS]<script>a<-1;"<script>"</script>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'a comment within a script that closes as soon as it is open',
      '<html><head>[HS]<script><!--><script></script>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'what only looks like the end of a script',
      '<html><head>[HS]<script><//script></head><!/script></head></script/>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'what only looks like a comment within a script',
      '<html><head>[HS]<script></!--<!!--<script></script>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'a comment within a script that names other elements',
      '<html><head>[HS]<script><!-- a < b <b></script>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'what only looks like the end of a style',
      '<html><head>[HS]<style></stylex></head></style/>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'text in a template that only looks like a tag',
      '<html><head>[HS]<template>1<</template><template><[</template><template><{</template>[HE]</head><body>[BS]x[BE]</body>',
    ],
    [
      'text in a template that nothing ends',
      '<html><head>[HS]<template><plaintext></template></head><body>x[HE][BS][BE]',
    ],
    ['a template in the head', '<html><head>[HS]<template></head><body></template>[HE]</head><body>[BS]x[BE]</body>'],
    [
      'noscript after the head, which begins the body',
      '<html><head>[HS][HE]</head>[BS]<noscript></noscript>x[BE]</body>',
    ],
    ['a tag that only begins like another', '<html>[HS][HE][BS]<bodyx><headline></bodyx>[BE]'],
  ])('%s', (_, expected) => {
    expectPlaces(expected)
  })

  test.each(['="x', 'a=b ="x', 'a/="x', '/ ="x', 'a="b"="x', 'a="b" ="x', "a='b'=\"x", "a='b' =\"x"])(
    'a quote in a name that begins with an equals sign quotes nothing: <meta %s>',
    (attributes) => {
      expectPlaces(`<html><head>[HS]<meta ${attributes}>[HE]</head><body>[BS]x[BE]</body>`)
    },
  )

  test.each(['\n', 'x'])('what begins with no tag leaves at once: %j', (begin) => {
    const out: Buffer[] = []
    new Inserter(SHORT).push(Buffer.from(begin), out)
    expect(out.join('')).toBe(begin)
  })

  test('a frameset has no body: only the head gets snippets', () => {
    const page = '<html><head></head><frameset></frameset></html>'
    expect(insert(page)).toBe('<html><head>[HS][HE]</head><frameset></frameset></html>')
    expect(kindOf(page)).toBe('frameset')
  })

  test.each([
    '',
    ' ',
    '\n',
    'text',
    '<p>Hi</p>',
    '<script></script>',
    '<!-- c -->',
    '<!x><p>Hi</p>',
    '<![CDATA[x]]>',
    '<template><!doctype html></template>',
    '{"a":"<html>"}',
    '</body></html>',
    '<',
    '<title>x</title><p><body>',
  ])('a fragment stays as it is: %j', (page) => {
    expect(insert(page)).toBe(page)
    expect(kindOf(page)).toBe('fragment')
  })

  test('UTF-16, which is no superset of ASCII, is taken for a fragment', () => {
    const page = Buffer.from('\ufeff<!doctype html><html><head></head><body></body></html>', 'utf16le').toString(
      'latin1',
    )
    expect(insert(page)).toBe(page)
  })
})

describe('head-start', () => {
  const only = (text: string, charsetKnown = true): InsertionPlan => ({ headStart: Buffer.from(text), charsetKnown })
  const long = `[${'x'.repeat(300)}]`

  test.each([
    '<html><head>\n <meta charset=utf-8>\n<meta http-equiv="X-UA-Compatible" content="IE=edge">[S]\n<title>',
    '<html><head><META CHARSET = "utf-8" />[S]<meta name=viewport><meta charset=x>',
    '<html><head>[S]<meta name=viewport><meta charset=utf-8>',
    '<html><head>[S]<metadata charset=utf-8>',
    '<html><head>[S] <!-- c --><meta charset=utf-8>',
    '<!doctype html><meta http-equiv=content-type content="text/html; charset=utf-8">[S]<title>',
  ])('goes after the meta tags for the parser that directly follow: %s', (expected) => {
    const page = expected.replace('[S]', '')
    for (const size of [Infinity, 1, 5, 19, 20]) expect(insert(page, only('[S]'), size)).toBe(expected)
  })

  test('goes after such a meta tag that up to 256 bytes of white space precede, however it is split', () => {
    for (const bytes of [255, 256, 257, 258, 600]) {
      const page = `<html><head>${'\n'.repeat(bytes)}<meta charset=utf-8><title>`
      const before = bytes > 256 ? '<head>' : 'utf-8>'
      for (const size of [Infinity, 1, 12, 200]) {
        const output = insert(page, only('[S]'), size)
        expect({ bytes, size, output }).toEqual({ bytes, size, output: page.replace(before, `${before}[S]`) })
      }
    }
  })

  test('is all that a page gets whose body is to get nothing', () => {
    const page = '<html><head></head><body><p>x</p></body></html>'
    for (const size of [Infinity, 30, 1])
      expect(insert(page, only('[S]'), size)).toBe(page.replace('<head>', '<head>[S]'))
  })

  test('does not wait for a meta tag that is longer than 1024 bytes', () => {
    const page = `<html><head><meta charset=utf-8 content="${'x'.repeat(1100)}"><title>`
    for (const size of [Infinity, 1]) expect(insert(page, only('[S]'), size)).toBe(page.replace('<head>', '<head>[S]'))
    const inserter = new Inserter(only('[S]'))
    const out: Buffer[] = []
    const [half, rest] = [page.slice(0, 1080), page.slice(1080)]
    inserter.push(Buffer.from(half), out)
    expect(out.splice(0).join('')).toBe(half.replace('<head>', '<head>[S]'))
    inserter.push(Buffer.from(rest), out)
    expect(out.join('')).toBe(rest)
  })

  test('a long one does not push a charset declaration that the page needs out of its first 1024 bytes', () => {
    const page = '<html><head><title>x</title><meta name=a><meta charset=utf-8><link><body>'
    const expected = page.replace('charset=utf-8>', `charset=utf-8>${long}`)
    for (const size of [Infinity, 1]) expect(insert(page, only(long, false), size)).toBe(expected)
    expect(insert(page, only(long, true))).toBe(page.replace('<head>', `<head>${long}`))
    expect(insert(page, only('[S]', false))).toBe(page.replace('<head>', '<head>[S]'))
  })

  test('a long one goes in after 1024 bytes, or at the end of the head, when no charset is declared', () => {
    const far = `<html><head><title>${'x'.repeat(1100)}</title><link><link></head><body>`
    expect(insert(far, only(long, false))).toBe(far.replace('<link>', `${long}<link>`))
    const near = '<html><head><title>x</title></head><body>'
    expect(insert(near, only(long, false))).toBe(near.replace('</head>', `${long}</head>`))
  })

  test('a long one goes in once, however much of the head follows', () => {
    const page = '<html><head><title>x</title><meta http-equiv="X-UA-Compatible" content="IE=edge"><meta charset=utf-8>'
    const rest = `${'<link rel=x>'.repeat(200)}<meta charset=utf-8><title>y</title></head><body>`
    for (const size of [Infinity, 100, 1]) {
      expect(insert(page + rest, only(long, false), size)).toBe(`${page}${long}${rest}`)
      expect(insert(page + rest, { ...only(long, false), bodyStart }, size)).toBe(`${page}${long}${rest}[BS]`)
    }
  })

  test('a byte order mark tells the charset as well', () => {
    expect(insert('\xef\xbb\xbf<html><head><title>', only(long, false))).toBe(`\xef\xbb\xbf<html><head>${long}<title>`)
  })
})

describe('from the mark on a page passes as it is', () => {
  test.each([
    ['nothing', {}, '<!doctype^ html><html>'],
    ['body-end', { bodyEnd }, '<!doctype^ html><html><head><title>'],
    ['head-start', { headStart }, '<html><head><t^itle></title>'],
    ['head-end', { headEnd }, '<html><head><title></title></head>^<body>'],
    ['head-end without an end tag', { headEnd }, '<html><title></title><body ^class="x">'],
    ['body-start', { bodyStart }, '<html><head></head><body class="x">^<p>'],
    ['nothing in XML', { isXml: true }, '<!DOCTYPE html><html>^<head>'],
    ['head-start in XML', { isXml: true, headStart }, '<html><head>^<title>'],
    ['head-end in XML', { isXml: true, headEnd }, '<html><head></^head><body>'],
    ['body-start in XML', { isXml: true, bodyStart }, '<html><body class="x">^<p>'],
    ['body-end in XML', { isXml: true, bodyEnd }, '<html><body><p>x</p></^body></html>'],
  ])('%s', (_, snippets, marked) => {
    const page = marked.replace('^', '')
    const inserter = new Inserter({ charsetKnown: true, ...snippets })
    let at = 0
    while (at < page.length && !inserter.passes(Buffer.from('x'))) inserter.push(Buffer.from(page[at++]!), [])
    expect(`${page.slice(0, at)}^${page.slice(at)}`).toBe(marked)
  })
})

describe('body-end', () => {
  const plan: InsertionPlan = { bodyEnd: Buffer.from('[S]'), charsetKnown: true }

  test('a tail of 512 bytes counts and a longer one does not', () => {
    const tail = (bytes: number) => `</body><!--${'x'.repeat(bytes - 14)}-->`
    expect(insert(`<html>a${tail(512)}`, plan)).toBe(`<html>a[S]${tail(512)}`)
    expect(insert(`<html>a${tail(513)}`, plan)).toBe(`<html>a${tail(513)}[S]`)
    expect(insert(`<html>a${tail(513)}`, plan, 1)).toBe(`<html>a${tail(513)}[S]`)
  })

  test('silence lets nothing go of a tag in the head', () => {
    for (const snippets of [SHORT, { headStart, charsetKnown: true }]) {
      const inserter = new Inserter(snippets)
      const out: Buffer[] = []
      inserter.push(Buffer.from('<html><he'), out)
      inserter.release(out)
      expect([out.join(''), inserter.held.toString()]).toEqual(['<html>', '<he'])
    }
  })

  test('waits until the page has shown that it is one', () => {
    expect(insert('<title>x</title><body>a</body>', plan)).toBe('<title>x</title><body>a[S]</body>')
  })

  test('a tail that is an html end tag alone is let go as well', () => {
    const inserter = new Inserter(plan)
    const out: Buffer[] = []
    inserter.push(Buffer.from('<html>a</html>\n'), out)
    expect(out.splice(0).join('')).toBe('<html>a')
    inserter.release(out)
    expect(out.join('')).toBe('[S]</html>\n')
  })

  test('a page that is to get none keeps no tail waiting', () => {
    const inserter = new Inserter({ charsetKnown: true })
    const out: Buffer[] = []
    inserter.push(Buffer.from('<html><body>a</body>'), out)
    expect(out.join('')).toBe('<html><body>a</body>')
    expect(inserter.passes(Buffer.from('</body>'))).toBe(true)
  })

  test('no tail passes while one is due', () => {
    const inserter = new Inserter(plan)
    expect(inserter.passes(Buffer.from('a'))).toBe(false)
    inserter.push(Buffer.from('<html><body>'), [])
    expect(['a', '</p>', '</body>', 'a</b'].map((piece) => inserter.passes(Buffer.from(piece)))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  test('an empty piece of the page adds none', () => {
    const inserter = new Inserter(plan)
    const out: Buffer[] = []
    inserter.push(Buffer.from('<html><body>'), out)
    expect(out.splice(0).join('')).toBe('<html><body>')
    inserter.push(Buffer.alloc(0), out)
    expect(out).toEqual([])
  })

  test('holds back a tail and nothing else, and lets it go with the snippet before it', () => {
    const inserter = new Inserter(plan)
    const out: Buffer[] = []
    const given = () => Buffer.concat(out.splice(0)).toString()
    inserter.push(Buffer.from('<html><body>1 <'), out)
    expect(given()).toBe('<html><body>1 ')
    inserter.push(Buffer.from(' 2 <!-- comment </bo'), out)
    expect(given()).toBe('< 2 <!-- comment ')
    inserter.release(out)
    expect(given()).toBe('')
    inserter.push(Buffer.from('dy'), out)
    inserter.release(out)
    expect(given()).toBe('')
    inserter.push(Buffer.from('><'), out)
    expect(given()).toBe('')
    inserter.push(Buffer.from('p>'), out)
    expect(given()).toBe('</body><p>')
    inserter.push(Buffer.from('</body>\n</html>\n'), out)
    expect(given()).toBe('')
    expect(inserter.held.toString()).toBe('</body>\n</html>\n')
    inserter.release(out)
    expect(given()).toBe('[S]</body>\n</html>\n')
    expect(inserter.held.toString()).toBe('')
    inserter.push(Buffer.from('late</body>'), out)
    inserter.end(out)
    expect(given()).toBe('late</body>')
  })
})

// Generates well-formed XHTML pages with all the corners in which insertion can go wrong.
import fc from 'fast-check'

const MISC = ['\n', '  ', '<!-- <html><head></head><body></body></html> -->', '<?php "</body>" ?>', '<?x?>', '<!---->']
const DOCTYPES = [
  '',
  '<!DOCTYPE html>',
  '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">',
  `<!DOCTYPE html SYSTEM 'a">b' [
  <!ENTITY e "]><html><body>">
  <!-- ' ]> <body> -->
  <?pi " ]> ?>
  <!ELEMENT br EMPTY>
  <!ATTLIST p t CDATA '>"<' >
]>`,
]
const DECLARATIONS = [
  '',
  '<?xml version="1.0"?>',
  '<?xml version="1.0" encoding="UTF-8"?>',
  "<?xml version='1.0' encoding='iso-8859-1' standalone='yes' ?>",
]
const CONTENT = [
  'text',
  ' ',
  'é漢',
  '&lt;/body>',
  '&#160;',
  '>',
  '"',
  "'",
  '/',
  '<br/>',
  '<br />',
  '<hr a="body>" b=\'/>\'/>',
  '<i a = "/">x</i>',
  '<p t=">">a<b>c</b></p >',
  '<script/>',
  '<title/>',
  '<style>a > b</style>',
  '<script><![CDATA[ if (a < b && c) "</script></head></body>" ]]></script>',
  '<![CDATA[</head></body></html>]]>',
  '<![CDATA[]]]]><![CDATA[>]]>',
  '<!-- </head></body> - -->',
  '<?x </head></body></html> > ?>',
  '<body></body>',
  '<body/>',
  '<head><head/></head>',
  '<html><body>x</body></html>',
  '<x:body></x:body>',
  '<x:head/>',
  '<Body></Body>',
  '<textarea><p></p></textarea>',
  '<svg xmlns="http://www.w3.org/2000/svg"><title>&amp;</title><script/></svg>',
  '<bodyx></bodyx>',
]
const STRAY_CHILDREN = ['<x:head>a</x:head>', '<x:body/>', '<div><body></body></div>', '<header/>', '<Head></Head>']

const some = (list: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...list), { maxLength }).map((parts) => parts.join(''))
const misc = some(MISC, 2)
const content = some([...CONTENT, ...MISC], 5)
const between = some([...MISC, ...STRAY_CHILDREN], 2)

const head = fc.oneof(
  fc.constantFrom('', '<head/>', '<head />', '<head profile="/"/>'),
  content.map((inner) => `<head>${inner}</head>`),
  content.map((inner) => `<head\n lang='>'>${inner}</head >`),
)
const body = fc.oneof(
  fc.constantFrom('', '<body/>', '<body class="a>b" />'),
  content.map((inner) => `<body>${inner}</body>`),
  content.map((inner) => `<body onload='a("/>")'\n>${inner}</body\t>`),
)

export const xhtmlPage: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', '\ufeff'),
    fc.constantFrom(...DECLARATIONS),
    misc,
    fc.constantFrom(...DOCTYPES),
    misc,
    fc.tuple(between, head, between, body, between),
    misc,
  )
  .map(([mark, declaration, before, doctype, after, children, end]) => {
    const root = `<html xmlns="http://www.w3.org/1999/xhtml" xmlns:x="urn:x" title="/">${children.join('')}</html>`
    return mark + declaration + before + doctype + after + root + end
  })

// The reader of snippets against parse5: in any tag soup the nonce is on what runs, and on nothing else.
import { expect, test } from '@jest/globals'
import { compileSnippets, takeNoncesOut } from '@facsimile/core'
import fc from 'fast-check'
import { parseFragment, type DefaultTreeAdapterMap } from 'parse5'

type Node = DefaultTreeAdapterMap['node']
type Element = DefaultTreeAdapterMap['element']

const ATTRIBUTE = ' nonce="r4nd0m"'
/** It blocks nothing, so that every soup goes in. */
const POLICIES = takeNoncesOut(undefined, "default-src 'nonce-r4nd0m'")
const PIECES = [
  ...['<script>', '</script>', '<SCRIPT src=/a ', '<script type="a/b">', '<style>', '</style >', "<style media='x\"'>"],
  ...[
    '<!--',
    '-->',
    '--!>',
    '<!',
    '<textarea>',
    '</textarea>',
    '<title>',
    '</title>',
    '<xmp>',
    '</xmp>',
    '<p a="',
    '"',
  ],
  ...[
    "<p a='",
    "'",
    '<p a=',
    '>',
    '/>',
    '<link rel=stylesheet href=/a>',
    '<link rel=icon href=/a>',
    '<',
    '</',
    ' ',
    'x',
  ],
  ...['<noscript>', '</noscript>', '</p>', '=', '\n', 'é', '<!-->', '<script/'],
]

function rendered(html: string): string {
  const set = compileSnippets([{ name: 's', html, placement: 'body-end' }])({ path: '/', method: 'GET', headers: {} })
  const fitted = set.fit({ isUtf8: true, host: 'shop.example', policies: POLICIES })
  const values = { fetchUrl: undefined, token: undefined, nonces: POLICIES.nonces }
  const text = fitted.render(values, true).bodyEnd
  if (!Buffer.isBuffer(text)) throw new Error('a snippet without a marker is one text')
  return text.toString()
}

function* elementsIn(node: Node): Generator<Element> {
  if ('tagName' in node) yield node
  if ('childNodes' in node) for (const child of node.childNodes) yield* elementsIn(child)
}

/** Whether a browser believes its nonce: not where markup that was left open may have swallowed a script. */
function isNonceable({ tagName, attrs }: Element): boolean {
  return tagName !== 'script' || !attrs.some(({ name, value }) => /<(?:script|style)/i.test(`${name} ${value}`))
}

/** Whether a browser would ask the page's policies about it. */
function isGuarded(element: Element): boolean {
  const valueOf = (name: string) => element.attrs.find((attribute) => attribute.name === name)?.value
  if (element.tagName === 'style') return true
  if (element.tagName === 'link') return valueOf('rel') === 'stylesheet'
  if (element.tagName !== 'script' || valueOf('type') === 'a/b') return false
  return valueOf('src') !== undefined || element.childNodes.length > 0
}

test('every script and style sheet that a parser sees has the nonce, nothing else has, and no other byte is new', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }), (pieces) => {
      const html = pieces.join('')
      const text = rendered(html)
      expect(text.replaceAll(ATTRIBUTE, '')).toBe(html)
      const errors = new Set<string>()
      const fragment = parseFragment(text, { scriptingEnabled: true, onParseError: ({ code }) => errors.add(code) })
      // A tag with an attribute that is there twice has no nonce; the parser does not tell which tag it was.
      fc.pre(!errors.has('duplicate-attribute'))
      for (const element of elementsIn(fragment)) {
        const hasNonce = element.attrs.some(({ name, value }) => name === 'nonce' && value === 'r4nd0m')
        const takesNonce = isGuarded(element) && isNonceable(element)
        expect([text, element.tagName, hasNonce]).toEqual([text, element.tagName, takesNonce])
      }
    }),
    { numRuns: 3000 },
  )
})

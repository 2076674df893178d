import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import robotsParser from 'robots-parser'
import { mergeRobots } from '../../packages/cli/src/robots/merge.js'

const parseRobots = robotsParser as unknown as typeof robotsParser.default
const TOKEN = 'abcdefghijklmnopqrstuvwxyz012345'
const FETCH_URL = `/facsimile?t=${TOKEN}`

function merge(text: string, request: { paths?: string[]; userAgents?: string[] } = {}) {
  const { paths = ['/facsimile'], userAgents } = request
  const { bytes, added, conflicts } = mergeRobots(Buffer.from(text), { paths, userAgents })
  return { text: bytes.toString(), added, conflicts }
}

interface MergeCase {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly userAgents?: string[]
}

const CASES: readonly MergeCase[] = [
  { name: 'makes the block for an empty file', before: '', after: 'User-agent: *\nDisallow: /facsimile\n' },
  {
    name: 'puts the rule first in the group of *',
    before: 'User-agent: *\nDisallow: /admin\n',
    after: 'User-agent: *\nDisallow: /facsimile\nDisallow: /admin\n',
  },
  {
    name: 'serves a named group and appends * where only the named one exists',
    before: 'User-agent: Googlebot\nDisallow: /a\n',
    after: 'User-agent: Googlebot\nDisallow: /facsimile\nDisallow: /a\n\nUser-agent: *\nDisallow: /facsimile\n',
  },
  {
    name: 'serves a group of several crawlers once',
    before: 'User-agent: a\nUser-agent: b\nDisallow: /x\n\nUser-agent: *\nDisallow:\n',
    after:
      'User-agent: a\nUser-agent: b\nDisallow: /facsimile\nDisallow: /x\n\nUser-agent: *\nDisallow: /facsimile\nDisallow:\n',
  },
  {
    name: 'adds one rule to a crawler whose group is repeated',
    before: 'User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n',
    after: 'User-agent: *\nDisallow: /facsimile\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n',
  },
  {
    name: 'reads names of fields and crawlers in any case, with versions',
    before: 'USER-AGENT: *\ndisallow: /facsimile\nuser-Agent : GoogleBot/2.1\nALLOW: /\n',
    after: 'USER-AGENT: *\ndisallow: /facsimile\nuser-Agent : GoogleBot/2.1\nDisallow: /facsimile\nALLOW: /\n',
  },
  {
    name: 'separates groups that stand without a blank line between them',
    before: 'User-agent: a\nDisallow: /x\nUser-agent: *\nDisallow: /y',
    after: 'User-agent: a\nDisallow: /facsimile\nDisallow: /x\nUser-agent: *\nDisallow: /facsimile\nDisallow: /y',
  },
  {
    name: 'keeps comments in and between the groups where they are',
    before: '# top\nUser-agent: * # everybody\n# not the admin\nDisallow: /admin # no\n\n# the end\n',
    after:
      '# top\nUser-agent: * # everybody\nDisallow: /facsimile\n# not the admin\nDisallow: /admin # no\n\n# the end\n',
  },
  {
    name: 'leaves a Sitemap between the names of one group where it is',
    before: 'User-agent: *\nSitemap: https://x.example/s.xml\nDisallow: /x\n',
    after: 'User-agent: *\nDisallow: /facsimile\nSitemap: https://x.example/s.xml\nDisallow: /x\n',
  },
  {
    name: 'keeps CRLF',
    before: 'User-agent: *\r\nDisallow: /a\r\n',
    after: 'User-agent: *\r\nDisallow: /facsimile\r\nDisallow: /a\r\n',
  },
  {
    name: 'keeps lone CR',
    before: 'User-agent: *\rDisallow: /a\r',
    after: 'User-agent: *\rDisallow: /facsimile\rDisallow: /a\r',
  },
  {
    name: 'keeps a byte order mark at the very start',
    before: '\uFEFFUser-agent: *\nDisallow: /a\n',
    after: '\uFEFFUser-agent: *\nDisallow: /facsimile\nDisallow: /a\n',
  },
  {
    name: 'ends a last line that has no newline before it adds a group',
    before: 'Sitemap: https://x.example/s.xml',
    after: 'Sitemap: https://x.example/s.xml\n\nUser-agent: *\nDisallow: /facsimile\n',
  },
  {
    name: 'ends a name that is the last line without newline before it adds the rule',
    before: 'Sitemap: https://x.example/s.xml\r\nUser-agent: *',
    after: 'Sitemap: https://x.example/s.xml\r\nUser-agent: *\r\nDisallow: /facsimile\r\n',
  },
  {
    name: 'gives a crawler with nothing but a crawl-delay the rule too',
    before: 'User-agent: slow\nCrawl-delay: 10\nUser-agent: *\nDisallow: /x\n',
    after:
      'User-agent: slow\nCrawl-delay: 10\nUser-agent: *\nDisallow: /facsimile\nDisallow: /x\n\nUser-agent: slow\nDisallow: /facsimile\n',
  },
  {
    name: 'changes nothing where a shorter rule closes everything',
    before: 'User-agent: *\nDisallow: /\n',
    after: 'User-agent: *\nDisallow: /\n',
  },
  {
    name: 'wins against a shorter Allow',
    before: 'User-agent: *\nAllow: /\n',
    after: 'User-agent: *\nDisallow: /facsimile\nAllow: /\n',
  },
  {
    name: 'puts a new group before a last one without rules, which it would otherwise swallow',
    before: 'User-agent: a\nDisallow: /x\n\n# b\nUser-agent: b\n',
    userAgents: ['c'],
    after: 'User-agent: a\nDisallow: /x\n\nUser-agent: c\nDisallow: /facsimile\n\n# b\nUser-agent: b\n',
  },
  {
    name: 'serves the crawler that was asked for and no other',
    before: 'User-agent: a\nDisallow: /x\n\nUser-agent: b\nDisallow: /y\n',
    userAgents: ['B'],
    after: 'User-agent: a\nDisallow: /x\n\nUser-agent: b\nDisallow: /facsimile\nDisallow: /y\n',
  },
  {
    name: 'gives a crawler that leaves * for a group of its own the rules of * along',
    before: 'User-agent: *\nCrawl-delay: 3\nDisallow: /admin # no\nAllow: /admin/pub\n',
    userAgents: ['Googlebot'],
    after:
      'User-agent: *\nCrawl-delay: 3\nDisallow: /admin # no\nAllow: /admin/pub\n\nUser-agent: Googlebot\nDisallow: /facsimile\nCrawl-delay: 3\nDisallow: /admin\nAllow: /admin/pub\n',
  },
  {
    name: 'makes no group for a crawler that * keeps out already',
    before: 'User-agent: *\nDisallow: /facsimile\n',
    userAgents: ['Googlebot'],
    after: 'User-agent: *\nDisallow: /facsimile\n',
  },
]

describe('merging the rule into a robots.txt', () => {
  test.each(CASES)('$name', ({ before, after, userAgents }) => {
    const merged = merge(before, userAgents === undefined ? {} : { userAgents })
    expect(merged.conflicts).toEqual([])
    expect(merged.text).toBe(after)
    expect(merge(merged.text, userAgents === undefined ? {} : { userAgents }).text).toBe(after)
  })

  test('keeps bytes that are no UTF-8 as they are', () => {
    const before = Buffer.from('# caf\xe9\xff\nUser-agent: *\nDisallow: /\xe9\n', 'latin1')
    const { bytes } = mergeRobots(before, { paths: ['/facsimile'], userAgents: undefined })
    expect(bytes.toString('latin1')).toBe('# caf\xe9\xff\nUser-agent: *\nDisallow: /facsimile\nDisallow: /\xe9\n')
  })

  test('adds a rule for each path, and only those that are missing', () => {
    const { text } = merge('User-agent: *\nDisallow: /one\n', { paths: ['/one', '/two'] })
    expect(text).toBe('User-agent: *\nDisallow: /two\nDisallow: /one\n')
  })

  test('tells the number of each added line in the new file', () => {
    const { added } = merge('User-agent: a\nDisallow: /x\n')
    expect(added).toEqual([
      { line: 2, text: 'Disallow: /facsimile' },
      { line: 5, text: 'User-agent: *' },
      { line: 6, text: 'Disallow: /facsimile' },
    ])
  })

  test.each([
    ['an Allow of the same length', '# x\nUser-agent: *\nDisallow: /a\nAllow: /facsimile\n', 4],
    ['a longer Allow', 'User-agent: *\nAllow: /*simile*?t=\nDisallow: /facsimile\n', 2],
    ['an Allow for some tokens', 'User-agent: *\nAllow: /facsimile?t=Zz\n', 2],
    ['an Allow that ends in $', 'User-agent: *\nAllow: /facsimile?t=*Q$\n', 2],
  ])('reports %s with its line in the original file', (_, before, line) => {
    const { conflicts } = merge(before)
    expect(conflicts).toEqual([{ userAgent: '*', path: '/facsimile', line, text: before.split('\n')[line - 1] }])
  })

  test('reports the Allow of * for a crawler that would take it along', () => {
    const { conflicts } = merge('User-agent: *\nAllow: /facsimile\n', { userAgents: ['Googlebot'] })
    expect(conflicts).toMatchObject([{ userAgent: 'Googlebot', line: 2, text: 'Allow: /facsimile' }])
  })
})

const robotsLine = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('*', 'a', 'B', 'b/2', 'Googlebot').map((name) => `User-agent: ${name}`) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom('Disallow', 'Allow', 'disallow ', 'ALLOW'),
        fc.constantFrom('', '/', '/x', '/fac', '/facsimile', '/facsimile?t=', '/*?t=', '/*.gif$', '/é # c', '*'),
      )
      .map(([field, value]) => `${field}: ${value}`),
  },
  fc.constantFrom(
    '',
    ' ',
    '# note',
    'Sitemap: https://x.example/s',
    'Crawl-delay: 4',
    'Host: x',
    'junk',
    ' # a: b',
    'User-agent:',
  ),
)
const robotsText = fc
  .tuple(
    fc.array(robotsLine, { maxLength: 14 }),
    fc.constantFrom('\n', '\r\n', '\r'),
    fc.boolean(),
    fc.constantFrom('', '\uFEFF'),
  )
  .map(([lines, ending, isEnded, mark]) => mark + lines.join(ending) + (isEnded && lines.length > 0 ? ending : ''))
const askedFor = fc.option(fc.uniqueArray(fc.constantFrom('*', 'a', 'googlebot', 'New'), { minLength: 1 }), {
  nil: undefined,
})

const linesOf = (text: string) => text.replace('\uFEFF', '').split(/\r\n|\r|\n/)
const CRAWLERS = ['*', 'a', 'b', 'Googlebot', 'New', 'somebody']
const OTHER_URLS = ['/', '/x', '/x/y', '/fac', '/a.gif', '/é', '/facade', '/x?t=1', '/admin']

describe('for any robots.txt', () => {
  test('every line survives in its order, the second merge changes nothing, and robots-parser agrees', () => {
    fc.assert(
      fc.property(robotsText, askedFor, (before, userAgents) => {
        const merged = merge(before, userAgents === undefined ? {} : { userAgents })
        const left = linesOf(merged.text)
        let at = 0
        for (const line of linesOf(before).filter((text) => text !== '')) {
          at = left.indexOf(line, at) + 1
          expect(at).toBeGreaterThan(0)
        }
        expect(left.length).toBeLessThanOrEqual(linesOf(before).length + merged.added.length + 5)
        if (merged.conflicts.length > 0) {
          for (const { line, text } of merged.conflicts) {
            expect(linesOf(before)[(line ?? 0) - 1]?.trim()).toBe(text)
            expect(text.toLowerCase()).toContain('allow')
          }
          return
        }
        expect(merge(merged.text, userAgents === undefined ? {} : { userAgents }).text).toBe(merged.text)
        const robots = parseRobots('/robots.txt', merged.text)
        for (const crawler of userAgents ?? CRAWLERS) {
          expect([crawler, robots.isAllowed(FETCH_URL, crawler)]).toEqual([crawler, false])
        }
      }),
      { numRuns: 400 },
    )
  })

  test('no crawler may fetch more, or less but the path, than before', () => {
    fc.assert(
      fc.property(robotsText, askedFor, (before, userAgents) => {
        const merged = merge(before, userAgents === undefined ? {} : { userAgents })
        const [was, is] = [parseRobots('/robots.txt', before), parseRobots('/robots.txt', merged.text)]
        for (const crawler of CRAWLERS) {
          for (const url of OTHER_URLS) {
            expect([crawler, url, is.isAllowed(url, crawler)]).toEqual([crawler, url, was.isAllowed(url, crawler)])
          }
        }
      }),
      {
        numRuns: 400,
        examples: [['User-agent: *\nCrawl-delay: 4\nUser-agent: Googlebot\nDisallow: /x', ['New']]],
      },
    )
  })
})

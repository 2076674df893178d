// The documentation hangs together: every link leads somewhere, every page is listed, and no example goes untested.
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { WORDS } from '@facsimile/core'
import { readPage, ROOT } from '../support/page-examples.js'

const DOCS = readdirSync(join(ROOT, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)
const PAGES = ['README.md', 'CHANGELOG.md', 'BENCHMARKS.md', 'llms.txt', ...DOCS]

const TESTS = ['test/docs', 'test/proxies', 'test/stores', 'test']
  .flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`))
  .filter((name) => name.endsWith('.test.ts') && name !== 'test/docs/pages.test.ts')
  .map(readPage)

/** The text without its blocks of code, in which a bracket means something else. */
const proseOf = (page: string) => readPage(page).replace(/^```[^]*?^```/gm, '')

/** As GitHub makes an anchor of a heading. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

/** Why a link of the page leads nowhere; `undefined` when it does lead somewhere. */
function faultOf(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(join(ROOT, target))) return `${page}: there is no ${target}`
  if (anchor === undefined || anchorsOf(target).has(anchor)) return undefined
  return `${page}: ${target} has no heading for #${anchor}`
}

const linksOf = (page: string) => [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)

describe.each(PAGES)('%s', (page) => {
  test('has links that lead to pages and headings that are there', () => {
    const inside = linksOf(page).filter((link) => !/^https?:/.test(link))
    expect(inside.map((link) => faultOf(page, link)).filter((fault) => fault !== undefined)).toEqual([])
  })

  test('names files of the project that are there', () => {
    const files = [...proseOf(page).matchAll(/`((?:test|docs|packages|scripts)\/[\w./-]+\.\w+)`/g)].map(
      ([, file = '']) => file,
    )
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  })
})

test.each(['docs/README.md', 'llms.txt'])('%s leads to every page', (index) => {
  const targets = linksOf(index).map((link) => normalize(join(dirname(index), link.split('#', 1)[0] ?? '')))
  expect(DOCS.filter((page) => page !== index && !targets.includes(page))).toEqual([])
})

test('llms.txt has the form that its readers expect: a name, a summary, and lists of links with a line each', () => {
  const [name = '', summary = '', ...rest] = readPage('llms.txt').trimEnd().split('\n\n')
  expect(name).toBe('# Facsimile')
  expect(summary).toMatch(/^> .+(?:\n> .+)*$/)
  const lists = rest.filter((block) => block.startsWith('- '))
  expect(lists.length).toBeGreaterThan(1)
  for (const line of lists.join('\n').split('\n')) expect(line).toMatch(/^- \[[^\]]+\]\([^)]+\): .+$/)
})

describe('examples', () => {
  const FENCE = /(?:<!-- example: (.+?) -->\s+)?^```\w+\n(.*)$/gm
  const examples = DOCS.flatMap((page) =>
    [...readPage(page).matchAll(FENCE)].map(([, name, firstLine = '']) => ({ page, name, firstLine })),
  )

  test('in each page are named, so that a test can take them out; all but an installation', () => {
    const unnamed = examples.filter(({ name }) => name === undefined)
    expect(unnamed.filter(({ firstLine }) => !firstLine.startsWith('npm install '))).toEqual([])
  })

  test.each(examples.flatMap(({ name = '' }) => (name === '' ? [] : [name])))('%s is run by a test', (name) => {
    // Tests put the names of blocks for proxies together, of the program and the way.
    const way = name.replace(/^(?:nginx|haproxy) /, '')
    expect(TESTS.some((text) => text.includes(`'${name}'`) || text.includes(`'${way}'`))).toBe(true)
  })
})

test('every word for what goes wrong at the crawler or in the store is a symptom', () => {
  const page = readPage('docs/symptoms.md')
  const { refused, missed, unreadable, 'not stored': lost } = WORDS
  const words = [refused, missed, unreadable, lost].flatMap((table) => Object.keys(table))
  expect(words.filter((word) => !page.includes(`\`${word}\``))).toEqual([])
})

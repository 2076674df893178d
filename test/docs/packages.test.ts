// What goes to the registry with each package, and what it says that it runs on.
import { describe, expect, test } from '@jest/globals'
import { readPage } from '../support/page-examples.js'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly engines: { readonly node: string }
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

const PACKAGES = ['core', 'express', 'cli']
const manifestOf = (name: string) => JSON.parse(readPage(`packages/${name}/package.json`)) as Manifest

describe.each(PACKAGES)('the package %s', (name) => {
  test('comes with the licence and a page of its own', () => {
    const { license, name: title } = manifestOf(name)
    expect(license).toBe('MIT')
    // npm packs the two from the package's own folder, and from nowhere else.
    expect(readPage(`packages/${name}/LICENSE`)).toBe(readPage('LICENSE'))
    expect(readPage(`packages/${name}/README.md`).split('\n', 1)).toEqual([`# ${title}`])
  })

  test('names its siblings in its own version', () => {
    const { version, dependencies } = manifestOf(name)
    const siblings = Object.entries(dependencies).filter(([sibling]) => sibling.startsWith('@facsimile/'))
    for (const [sibling, range] of siblings) expect([sibling, range]).toEqual([sibling, version])
  })
})

test('the page of core lists everything that can be imported from it', () => {
  const page = readPage('packages/core/README.md')
  const parts = Object.keys(manifestOf('core').exports).filter((part) => part !== './package.json')
  expect([...page.matchAll(/^\| `(@facsimile\/core[^`]*)`/gm)].map(([, path]) => path).sort()).toEqual(
    parts.map((part) => `@facsimile/core${part.slice(1)}`).sort(),
  )
})

test('the example on the page of express is the one of the README, which is run', () => {
  const code = (page: string) => /^```js\n([^]*?)^```/m.exec(readPage(page))?.[1]
  expect(code('packages/express/README.md')).toBe(code('README.md'))
})

describe('docs/limits.md', () => {
  const rows = [...readPage('docs/limits.md').matchAll(/^\| (\S+) +\| (\d[^|]*?) +\|/gm)]
  const listed = new Map(rows.map(([, part = '', versions = '']) => [part, versions]))

  /** `^4.19.0 || ^5.0.0` as a reader says it. */
  function inWords(range: string): string {
    const versions = range.split(' || ').map((version) => version.slice(1))
    return versions
      .map((version) =>
        /^\d+\.0\.0$/.test(version) ? (version.split('.')[0] ?? '') : `${version.replace(/\.0$/, '')} or newer`,
      )
      .join(', ')
  }

  test('lists the versions that the packages ask for', () => {
    const peers = PACKAGES.flatMap((name) => Object.entries(manifestOf(name).peerDependencies))
    const wanted = new Map(peers.map(([peer, range]) => [peer === 'express' ? 'Express' : peer, inWords(range)]))
    wanted.set('Node', `${manifestOf('core').engines.node.slice(2)} or newer`)
    expect(listed).toEqual(wanted)
  })

  test('names the bounds that the code has', () => {
    const page = readPage('docs/limits.md')
    const constant = (file: string, name: string) =>
      new RegExp(`const ${name} = ([\\d_ *]+)`).exec(readPage(file))?.[1]?.replaceAll('_', '').trim()
    expect(constant('packages/core/src/page-store.ts', 'MAX_STORES_IN_FLIGHT')).toBe('64')
    expect(constant('packages/core/src/page-store.ts', 'MAX_BYTES_IN_FLIGHT')).toBe('32 * 1024 * 1024')
    expect(page).toContain('64, and 32 MiB in all')
    expect(constant('packages/core/src/page-fates.ts', 'MAX_REMEMBERED_PAGES')).toBe('10000')
    expect(page).toContain('the latest 10 000')
    expect(constant('packages/express/src/settings-source.ts', 'MAX_FILE_BYTES')).toBe('1024 * 1024')
    expect(page).toMatch(/the settings file +\| 1 MiB/)
    expect(constant('packages/express/src/page-stores.ts', 'MAX_RETIRED')).toBe('8')
    expect(page).toMatch(/stores of earlier settings +\| 8,/)
  })
})

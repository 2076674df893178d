// The examples of a page of the documentation, taken out of it: the code that follows a comment which names it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import { createFacsimile, type Facsimile, type FacsimileSettings } from '@facsimile/express'

export const ROOT = join(import.meta.dirname, '..', '..')

/** The text of a page; `page` is its path from the project's root. */
export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}

/** The code that follows `<!-- example: name -->` on the page. */
export function exampleIn(page: string, name: string): string {
  const [, text] = readPage(page).split(`<!-- example: ${name} -->`)
  const code = /^\s+```\w+\n([^]*?)```/.exec(text ?? '')?.[1]
  if (code === undefined) throw new Error(`${page} has no example ${JSON.stringify(name)}.`)
  return code
}

/** What a page's examples take for granted beside `createFacsimile`, and what has to be another here. */
export interface Given {
  readonly snippets?: FacsimileSettings['snippets']
  readonly env?: Readonly<Record<string, string>>
  readonly changes?: Readonly<Record<string, string>>
}

/** The `facsimile` that an example makes. */
export function facsimileIn(page: string, name: string, given: Given = {}): Facsimile {
  const { snippets = [], env = {}, changes = {} } = given
  const names = { createFacsimile, snippets, process: { env } }
  const code = `${replaceAll(exampleIn(page, name), changes)}\nreturn facsimile`
  const make = compileFunction(code, Object.keys(names)) as (...values: unknown[]) => Facsimile
  return make(...Object.values(names))
}

/** `text` with each of its `changes` made everywhere; one that changes nothing is a mistake. */
export function replaceAll(text: string, changes: Readonly<Record<string, string>>): string {
  return Object.entries(changes).reduce((sofar, [from, to]) => {
    if (!sofar.includes(from)) throw new Error(`The example has no ${JSON.stringify(from)}: ${text}`)
    return sofar.replaceAll(from, to)
  }, text)
}

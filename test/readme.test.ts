// The README is true: its examples run, and its tables list what the code has.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, test } from '@jest/globals'
import { ERROR_CODES, resolveSettings, WORDS } from '@facsimile/core'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
// Inside of the project, so that its packages are found by name.
const cache = join(root, 'node_modules', '.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'readme-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The code that follows the comment `<!-- example: name -->`, in a file. */
function exampleFile(name: string): string {
  const code = new RegExp(`<!-- example: ${name} -->\\s+\`\`\`js\\n([^]*?)\`\`\``).exec(readme)?.[1]
  if (code === undefined) throw new Error(`The README has no example "${name}".`)
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, code)
  return file
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

async function fetchWhenUp(url: string, child: ChildProcess): Promise<Response> {
  const deadline = Date.now() + 15_000
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The example ended with exit code ${String(child.exitCode)}.`)
    try {
      return await fetch(url)
    } catch (error) {
      if (Date.now() > deadline) throw error
      await delay(50)
    }
  }
}

/** The cells of the first table whose header begins with `heading`, row by row. */
function rows(heading: string): string[][] {
  const table = readme.slice(readme.search(new RegExp(`^\\| ${heading} +\\|`, 'm'))).split('\n\n', 1)[0] ?? ''
  return table
    .split('\n')
    .slice(2)
    .map((row) => row.slice(1, -1).split(' | '))
    .map((cells) => cells.map((cell) => cell.trim()))
}

/** What stands in backticks at the start of each row. */
function firstCells(heading: string): string[] {
  return rows(heading).map(([cell = '']) => /^`(.+?)`/.exec(cell)?.[1] ?? cell)
}

describe('examples', () => {
  test.each(['express', 'http'])('the %s example serves a page and hands its copy over once', async (name) => {
    const port = await freePort()
    const child = spawn(process.execPath, [exampleFile(name)], {
      env: { ...process.env, PORT: String(port) },
      stdio: 'inherit',
    })
    try {
      const origin = `http://127.0.0.1:${String(port)}`
      const page = await (await fetchWhenUp(origin, child)).text()
      const fetchUrl = /fetchFrom = "([^"]+)"/.exec(page)?.[1]
      expect(page).toBe(
        `<!doctype html><html><body>Hello<script>fetchFrom = "${fetchUrl ?? '?'}"</script></body></html>`,
      )
      const copy = await fetch(new URL(fetchUrl ?? '?', origin))
      expect(await copy.text()).toBe('<!doctype html><html><body>Hello</body></html>')
      expect((await fetch(new URL(fetchUrl ?? '?', origin))).status).toBe(404)
    } finally {
      const ended = once(child, 'exit')
      child.kill()
      await ended
    }
  })

  test('the example of a provider test passes under node:test', async () => {
    const child = spawn(process.execPath, ['--test', exampleFile('provider')], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (text: Buffer) => (output += text.toString()))
    const [code] = (await once(child, 'exit')) as [number]
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' })
    expect(Number(/pass (\d+)/.exec(output)?.[1])).toBeGreaterThanOrEqual(35)
  }, 60_000)
})

describe('tables', () => {
  test('every setting is listed with its default', () => {
    const settings = resolveSettings({})
    const listed = firstCells('setting')
    const known = [...Object.keys(settings), 'encryptionKeys', 'fetchUrl', 'logger', 'settingsFile']
    expect([...listed].sort()).toEqual([...new Set(known)].sort())
  })

  test('every word, loss and error code is listed, with its sentence', () => {
    const { 'passed over': passOvers, 'not stored': losses } = WORDS
    expect(firstCells('word')).toEqual(Object.keys(passOvers))
    expect(firstCells('loss')).toEqual(Object.keys(losses))
    expect(firstCells('code')).toEqual(Object.keys(ERROR_CODES))
    expect(rows('word')).toEqual(Object.entries(passOvers).map(([word, texts]) => [`\`${word}\``, ...texts]))
    expect(rows('loss')).toEqual(Object.entries(losses).map(([word, texts]) => [`\`${word}\``, ...texts]))
    for (const sentence of Object.values(ERROR_CODES)) expect(readme).toContain(sentence)
  })
})

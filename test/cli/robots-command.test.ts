import { chmod, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { runCli, type CliSurroundings } from './run-cli.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facsimile-robots-'))
})
afterEach(async () => rm(folder, { recursive: true }))

const robots = (args: readonly string[], more: Partial<CliSurroundings> = {}) =>
  runCli(['robots', ...args], { cwd: folder, ...more })
const put = (name: string, text: string | Buffer) => writeFile(join(folder, name), text)
const get = (name: string) => readFile(join(folder, name), 'utf8')

describe('facsimile robots', () => {
  test('prints the block for all crawlers and the default path', async () => {
    expect(await robots([])).toMatchObject({
      exitCode: 0,
      stdout: 'User-agent: *\nDisallow: /facsimile\n',
      stderr: '',
    })
  })

  test('prints the crawlers and the path that are asked for', async () => {
    const run = await robots(['-u', 'Googlebot', '--user-agent', 'Yahoo! Slurp', '--path', '/über/ab%c3%a9'])
    expect(run.stdout).toBe('User-agent: Googlebot\nUser-agent: Yahoo! Slurp\nDisallow: /%C3%BCber/ab%C3%A9\n')
  })

  test('prints JSON', async () => {
    const run = await robots(['--json'])
    expect(JSON.parse(run.stdout)).toEqual({
      paths: ['/facsimile'],
      userAgents: ['*'],
      robots: 'User-agent: *\nDisallow: /facsimile\n',
    })
  })

  test.each([
    ['a line break', '/x\nAllow: /'],
    ['a carriage return', '/x\rAllow: /'],
    ['a comment', '/x#y'],
    ['white space', '/x y'],
    ['a no-break space', '/x\u00a0y'],
    ['a control character', '/x\u0000'],
    ['a pattern', '/x*'],
    ['an end mark', '/x$'],
    ['a query', '/x?t='],
    ['no leading slash', 'x'],
    ['nothing', ''],
    ['the whole site', '/'],
    ['a host', '//evil.example/x'],
    ['a way up', '/x/../y'],
    ['an encoded way up', '/x/%2e%2e/y'],
    ['a broken escape', '/x%2'],
    ['a backslash', '/x\\y'],
    ['half a surrogate pair', '/\ud800'],
    ['too much', `/${'x'.repeat(2000)}`],
  ])('refuses a path with %s', async (_, path) => {
    const run = await robots(['--path', path])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/^error: --path .*\n {2}Choose a path/)
    expect(run.stderr.split('\n')).toHaveLength(3)
  })

  test.each([['a\nAllow: /'], ['a: b'], ['a#'], [''], ['/x'], ['x'.repeat(200)]])(
    'refuses %j as the name of a crawler',
    async (name) => {
      const run = await robots(['--user-agent', name])
      expect(run).toMatchObject({ exitCode: 2, stdout: '' })
      expect(run.stderr).toContain('is no crawler')
    },
  )
})

describe('facsimile robots with settings', () => {
  test.each([
    ['facsimile.config.json', '{ "fetchPath": "/stored" }'],
    ['facsimile.config.mjs', 'export default { fetchPath: "/stored" }'],
  ])('takes the fetch path from %s in the working folder', async (name, text) => {
    await put(name, text)
    expect((await robots([])).stdout).toBe('User-agent: *\nDisallow: /stored\n')
  })

  test('closes the path of fetchUrl too, and says that its hosts need the rule', async () => {
    await put('site.json', '{ "fetchUrl": "https://s1.example.com/direct/copy?t=%CacheToken%" }')
    const run = await robots(['--config', 'site.json'])
    expect(run.stdout).toBe('User-agent: *\nDisallow: /facsimile\nDisallow: /direct/copy\n')
    expect(run.stderr).toContain('https://s1.example.com/direct/copy')
  })

  test('prefers --path and then reads no settings', async () => {
    await put('facsimile.config.json', 'broken')
    expect((await robots(['--path', '/p'])).stdout).toContain('Disallow: /p\n')
  })

  test.each([
    ['no JSON', 'site.json', '{'],
    ['an unknown setting', 'site.json', '{ "fetchPaht": "/x" }'],
    ['a path with a line break', 'site.json', '{ "fetchPath": "/x\\nAllow: /" }'],
    ['a wrong type', 'site.json', '{ "fetchPath": 7 }'],
    ['no object', 'site.json', '[]'],
    ['no default export', 'site.mjs', 'export const fetchPath = "/x"'],
    ['another kind of file', 'site.yaml', ''],
  ])('answers settings with %s with exit code 2 and a remedy', async (_, name, text) => {
    await put(name, text)
    const run = await robots(['--config', name])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/^error: .*\n {2}\S/)
    expect(run.stderr).toContain(name)
  })

  test('answers missing settings with exit code 2', async () => {
    expect(await robots(['--config', 'none.json'])).toMatchObject({ exitCode: 2, stdout: '' })
  })

  test('warns of a password that everybody on the machine can read', async () => {
    await put('site.json', '{ "cacheProvider": "redis://:s3cret@db/0" }')
    await chmod(join(folder, 'site.json'), 0o644)
    const run = await robots(['--config', 'site.json'])
    expect(run.stderr).toContain('holds a password')
    expect(run.stderr).not.toContain('s3cret')
    await chmod(join(folder, 'site.json'), 0o600)
    expect((await robots(['--config', 'site.json'])).stderr).toBe('')
  })
})

describe('facsimile robots --write', () => {
  test('makes ./robots.txt, and changes nothing the second time', async () => {
    const first = await robots(['--write'])
    expect(first).toMatchObject({ exitCode: 0, stdout: '' })
    expect(first.stderr).toContain('robots.txt:2: + Disallow: /facsimile')
    expect(await get('robots.txt')).toBe('User-agent: *\nDisallow: /facsimile\n')
    const before = await stat(join(folder, 'robots.txt'))
    expect((await robots(['--write'])).stderr).toContain('nothing changed')
    expect((await stat(join(folder, 'robots.txt'))).ino).toBe(before.ino)
  })

  test('keeps the mode of the file and leaves nothing beside it', async () => {
    await put('r.txt', 'User-agent: *\nDisallow: /a\n')
    await chmod(join(folder, 'r.txt'), 0o640)
    expect((await robots(['--write', 'r.txt'])).exitCode).toBe(0)
    expect((await stat(join(folder, 'r.txt'))).mode & 0o777).toBe(0o640)
    expect(await readdir(folder)).toEqual(['r.txt'])
  })

  test('writes through a symbolic link', async () => {
    await put('real.txt', 'User-agent: *\nDisallow: /a\n')
    await symlink('real.txt', join(folder, 'robots.txt'))
    await robots(['--write'])
    expect(await get('real.txt')).toContain('Disallow: /facsimile')
    expect(await readdir(folder)).toEqual(['real.txt', 'robots.txt'])
  })

  test('leaves a file with a stronger Allow as it is, names the line and exits 1', async () => {
    const text = '# mine\nUser-agent: *\nAllow: /facsimile\n'
    await put('robots.txt', text)
    const run = await robots(['--write'])
    expect(run.exitCode).toBe(1)
    expect(run.stderr).toContain('robots.txt:3: "Allow: /facsimile"')
    expect(await get('robots.txt')).toBe(text)
    const json = await robots(['--write', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ changed: false, conflicts: [{ userAgent: '*', line: 3 }] })
  })

  test('tells as JSON what was added', async () => {
    const run = await robots(['--write', '--json'])
    expect(JSON.parse(run.stdout)).toEqual({
      file: 'robots.txt',
      paths: ['/facsimile'],
      changed: true,
      added: [
        { line: 1, text: 'User-agent: *' },
        { line: 2, text: 'Disallow: /facsimile' },
      ],
      conflicts: [],
    })
  })

  test('merges standard input to standard output for -', async () => {
    const run = await robots(['--write', '-'], { stdin: Buffer.from('# \xff\r\nUser-agent: *\r\n', 'latin1') })
    expect(run.stdoutBytes.toString('latin1')).toBe('# \xff\r\nUser-agent: *\r\nDisallow: /facsimile\r\n')
  })

  test.each([
    ['a folder', () => Promise.resolve(), '.'],
    ['UTF-16', async () => put('r.txt', Buffer.from('\uFEFFUser-agent: *', 'utf16le')), 'r.txt'],
    ['more than crawlers read', async () => put('r.txt', '#'.repeat(512_001)), 'r.txt'],
    ['a folder that is not there', () => Promise.resolve(), 'none/robots.txt'],
  ])('fails with a remedy for %s', async (_, prepare, file) => {
    await prepare()
    const run = await robots(['--write', file])
    expect(run).toMatchObject({ exitCode: 1, stdout: '' })
    expect(run.stderr).toMatch(/^error: .*\n {2}\S/)
  })

  test('cannot be combined with --check', async () => {
    expect((await robots(['--write', '--check'])).exitCode).toBe(2)
  })
})

describe('facsimile robots --check', () => {
  const verdict = async (text: string, ...args: string[]) => {
    const run = await robots(['--check', '--json', '-', ...args], { stdin: text })
    const { verdicts } = JSON.parse(run.stdout) as {
      verdicts: { userAgent: string; allowed: boolean; line: number | null }[]
    }
    return { exitCode: run.exitCode, open: verdicts.filter(({ allowed }) => allowed), verdicts }
  }

  test('is content with a file that --write made', async () => {
    await put('robots.txt', 'User-agent: Googlebot\nDisallow: /a\n')
    await robots(['--write'])
    const run = await robots(['--check'])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toContain('✓ Googlebot  kept out   line 2: Disallow: /facsimile')
  })

  test('names a crawler whose own group forgets the path', async () => {
    const { exitCode, open } = await verdict(
      'User-agent: *\nDisallow: /facsimile\n\nUser-agent: GPTBot/1.0\nDisallow: /a\n',
    )
    expect(exitCode).toBe(1)
    expect(open).toMatchObject([{ userAgent: 'GPTBot/1.0', line: null }])
  })

  test('names the Allow that wins', async () => {
    const { open } = await verdict('User-agent: *\nDisallow: /facsimile\nAllow: /facsimile?t=\n')
    expect(open[0]).toMatchObject({ userAgent: '*', allowed: true, line: 3, rule: 'Allow: /facsimile?t=' })
  })

  test('knows that a shorter Allow loses', async () => {
    expect(await verdict('User-agent: *\nAllow: /\nAllow: /*?t=\nDisallow: /facsimile\n')).toMatchObject({
      exitCode: 0,
    })
  })

  test('lets every crawler through an empty file', async () => {
    const { exitCode, verdicts } = await verdict('')
    expect(exitCode).toBe(1)
    expect(verdicts.every(({ allowed }) => allowed)).toBe(true)
    expect(verdicts.length).toBeGreaterThan(10)
  })

  test('judges those alone that were asked for', async () => {
    const { exitCode, verdicts } = await verdict('User-agent: a\nDisallow: /facsimile\n', '-u', 'a')
    expect(exitCode).toBe(0)
    expect(verdicts).toHaveLength(1)
  })

  test('says that a missing file lets everybody in, and how to make it', async () => {
    const run = await robots(['--check'])
    expect(run.exitCode).toBe(1)
    expect(run.stderr).toContain('facsimile robots --write robots.txt')
  })

  test('warns of a crawler that is named without a rule', async () => {
    await put('robots.txt', 'User-agent: *\nDisallow: /facsimile\n\nUser-agent: b\n')
    const run = await robots(['--check'])
    expect(run.stderr).toContain('robots.txt:4: b is named without a rule')
  })

  test('shows what a file holds without the control characters in it', async () => {
    await put('robots.txt', 'User-agent: \u001b[2Jevil\u202e\nDisallow:\n')
    const run = await robots(['--check'], { isTTY: true, env: { NO_COLOR: '1' } })
    expect(run.stdout + run.stderr).not.toMatch(/(?!\n)\p{C}/u)
    expect(run.stdout).toContain('\\x1b[2Jevil\\u{202e}')
  })

  test('is coloured on a terminal only, and not against NO_COLOR', async () => {
    await robots(['--write'])
    expect((await robots(['--check'], { isTTY: true })).stdout).toContain('\u001b[32m✓')
    expect((await robots(['--check'], { isTTY: true, env: { NO_COLOR: '1' } })).stdout).not.toContain('\u001b')
    expect((await robots(['--check'])).stdout).not.toContain('\u001b')
  })
})

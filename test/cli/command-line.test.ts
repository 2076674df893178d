import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createProgram } from '../../packages/cli/src/program.js'

const BIN = join(import.meta.dirname, '../../packages/cli/dist/bin.js')

let folder: string
beforeAll(async () => {
  if (!existsSync(BIN)) throw new Error('The command is not built. Run `npm run build` and try again.')
  folder = await mkdtemp(join(tmpdir(), 'facsimile-cli-'))
})
afterAll(async () => rm(folder, { recursive: true }))

/** Runs the built command as a process of its own. */
async function facsimile(args: readonly string[], stdin = '') {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: folder })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdin.end(stdin)
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return { exitCode, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}

describe('the facsimile command', () => {
  test('prints its version', async () => {
    expect(await facsimile(['--version'])).toEqual({ exitCode: 0, stdout: '0.1.0\n', stderr: '' })
  })

  test('prints its help with the commands and the exit codes', async () => {
    const { exitCode, stdout } = await facsimile(['--help'])
    expect(exitCode).toBe(0)
    for (const word of ['robots', 'fetch', '--version', 'Exit codes']) expect(stdout).toContain(word)
  })

  test.each([
    ['robots', ['--user-agent', '--path', '--config', '--write', '--check', '--json', 'Examples']],
    [
      'fetch',
      [
        '--cookie',
        '--header',
        '--method',
        '--data',
        '--timeout',
        '--path',
        '--out',
        '--visitor-out',
        '--json',
        'Examples',
      ],
    ],
    ['settings', ['check', 'print', 'schema', 'import', 'FACSIMILE_', 'Examples']],
    ['addresses', ['--config', '--keep', '--write', '--allow-wide', '--json', 'Examples']],
    ['explain', ['--cookie', '--data', '--config', '--ca', '--fetch', '--json', 'Examples']],
    ['doctor', ['--cookie', '--via', '--visits', '--expect-refused', '--browser', '--ca', '--json', 'Examples']],
  ])('prints the help of %s with every option', async (command, words) => {
    const { exitCode, stdout } = await facsimile([command, '--help'])
    expect(exitCode).toBe(0)
    for (const word of words) expect(stdout).toContain(word)
  })

  test.each([
    [[]],
    [['bogus']],
    [['robots', '--bogus']],
    [['robots', '--path', '/x\nAllow: /']],
    [['fetch', 'nowhere']],
    [['explain', 'nowhere']],
    [['doctor', 'https://user:secret@site.example/']],
    [['doctor', 'http://127.0.0.1/', '--via', 'a b']],
    [['doctor', 'http://127.0.0.1/', '--visits', '0']],
    [['doctor', 'http://127.0.0.1/', '--ca', 'package.json']],
    [['doctor', 'http://127.0.0.1/', '--browser-path', '/nowhere']],
  ])('exits 2 and says why on standard error for %j', async (args) => {
    const { exitCode, stdout, stderr } = await facsimile(args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(/error: |Usage: /)
    expect(stderr).not.toContain('    at ')
  })

  test('describes every command, argument and option that it has', () => {
    const silent = { write: () => true }
    const program = createProgram({ stdin: Readable.from([]), stdout: silent, stderr: silent, env: {}, cwd: folder })
    expect(program.commands.map((command) => command.name())).toEqual([
      'robots',
      'explain',
      'doctor',
      'fetch',
      'store',
      'settings',
      'addresses',
    ])
    for (const command of program.commands) {
      expect(command.summary()).not.toBe('')
      for (const { description } of [...command.options, ...command.registeredArguments])
        expect(description).not.toBe('')
    }
  })

  test('exits 1 when a check fails', async () => {
    const { exitCode, stderr } = await facsimile(['robots', '--check', '-'], 'User-agent: *\nDisallow:\n')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('error: standard input lets')
  })

  test('exits 0 when a check passes', async () => {
    expect((await facsimile(['robots', '--check', '-'], 'User-agent: *\nDisallow: /facsimile\n')).exitCode).toBe(0)
  })
})

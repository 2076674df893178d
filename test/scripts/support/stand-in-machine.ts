// A machine of one folder: stand-ins for server programs, a temp folder, and what is left in them afterwards.
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

const WORKERS = join(import.meta.dirname, '..', 'workers')
const DEADLINE_MS = 20_000
const POLL_MS = 25

export interface Run {
  readonly child: ChildProcess
  /** What came on standard output and standard error so far. */
  readonly output: () => string
  /** Resolves to the exit status once both outputs are closed. */
  readonly ended: Promise<number | null>
}

export async function createStandInMachine() {
  const folder = await mkdtemp(join(tmpdir(), 'fx-'))
  const programs = join(folder, 'bin')
  const temp = join(folder, 'tmp')
  for (const each of [programs, temp, join(programs, 'pids')]) await mkdir(each)
  // Servers that root starts run as somebody else, who has to get in.
  for (const each of [folder, programs, temp]) await chmod(each, 0o755)
  await chmod(join(programs, 'pids'), 0o777)
  await copyFile(join(WORKERS, 'stand-in-server.mjs'), join(programs, 'stand-in-server.mjs'))

  // Tests of the servers need no browser.
  const env = { FOR_TESTS: 'stores', PATH: programs, TMPDIR: temp, TEST_PROGRAM_FOLDERS: programs, TEST_INSTALL: '0' }
  const add = async (name: string, script: string) => {
    await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    await chmod(join(programs, name), 0o755)
  }
  const server = `"${process.execPath}" "${join(programs, 'stand-in-server.mjs')}"`
  return {
    env,
    programs,
    /** Puts a program with this shell script on the machine. */
    add,
    async addRedis() {
      await add('redis-server', `exec ${server} redis-server "$@"`)
    },
    async addMariadb() {
      await add('mariadbd', `exec ${server} mariadbd "$@"`)
      await add('mariadb-install-db', 'exit 0')
    },
    /** A browser that tells its version and nothing else. */
    async addChromium(name = 'chromium') {
      await add(name, 'echo "Chromium 99.4.5.6 built on a whim "')
    },
    /** An nginx and a HAProxy that tell their versions and nothing else, each where the real one does. */
    async addProxies() {
      await add('nginx', 'echo "nginx version: nginx/99.5.1" >&2')
      await add('haproxy', 'echo "HAProxy version 99.6.2-1 1999/12/31 - no such thing"')
    },
    /** A docker with an engine: `up` runs stand-ins on the ports that the compose file publishes, `down` ends them. */
    async addDocker() {
      await add(
        'docker',
        `PATH=/usr/bin:/bin
echo "$@" >> "${folder}/docker.log"
case "$*" in
  info*) echo 99.7 ;;
  *" up "*redis) ${server} redis-server --port "$DEMO_REDIS_PORT" > /dev/null 2>&1 & echo $! > "$0.$5" ;;
  *" up "*mariadb) ${server} mariadbd --port="$DEMO_MARIADB_PORT" > /dev/null 2>&1 & echo $! > "$0.$5" ;;
  *" down "*) kill "$(cat "$0.$5")" ;;
esac`,
      )
    },
    /** An apt-get that "installs" what was added before under names that begin with `packaged-`. */
    async addApt() {
      await add(
        'apt-get',
        `PATH=/usr/bin:/bin
cd "${programs}" && echo "$DEBIAN_FRONTEND $@" >> "${folder}/apt.log"
case $1 in install) for each in packaged-*; do mv "$each" "\${each#packaged-}"; done ;; esac`,
      )
    },
    /** What was asked of `docker` or `apt-get`, one line for each call. */
    async asked(program: 'docker' | 'apt'): Promise<string[]> {
      return (await readFile(join(folder, `${program}.log`), 'utf8')).trimEnd().split('\n')
    },
    /** Takes a program out of everybody's reach until `apt-get` installs it. */
    async pack(name: string) {
      await rename(join(programs, name), join(programs, `packaged-${name}`))
    },
    /** Runs a program of Node with servers of this machine beside it, as `npm test` runs jest. */
    run(program: string, more: Readonly<Record<string, string>> = {}): Run {
      const args = [join(WORKERS, 'run-with-servers.mjs'), process.execPath, '-e', program]
      return follow(spawn(process.execPath, args, { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] }))
    },
    /** The same in a shell that stands between, as npm does it. */
    runInShell(program: string): Run {
      const words = [process.execPath, join(WORKERS, 'run-with-servers.mjs'), process.execPath, '-e', program]
      // Something after the command, or the shell would become the command.
      const args = ['-c', '"$@"; exit $?', 'sh', ...words]
      const settings = { ...env, npm_lifecycle_event: 'test' }
      return follow(spawn('/bin/sh', args, { env: settings, stdio: ['ignore', 'pipe', 'pipe'] }))
    },
    /** The processes that servers were started as. */
    async pids(): Promise<number[]> {
      return (await readdir(join(programs, 'pids'))).map(Number)
    },
    /** What is left: folders of servers, and numbers of their processes that still run. */
    async leftovers(): Promise<string[]> {
      const pids = (await readdir(join(programs, 'pids'))).filter((pid) => isRunning(Number(pid)))
      return [...(await readdir(temp)), ...pids]
    },
    async remove() {
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function follow(child: ChildProcessByStdio<null, Readable, Readable>): Run {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve)
  })
  return { child, output: () => output, ended }
}

export type StandInMachine = Awaited<ReturnType<typeof createStandInMachine>>

/** Resolves once `question` answers true; rejects after 20 s. */
export async function until(what: string, question: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!(await question())) {
    if (performance.now() > deadline) throw new Error(`Waited ${DEADLINE_MS} ms until ${what}.`)
    await delay(POLL_MS)
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // No such process; any other answer means that there is one.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

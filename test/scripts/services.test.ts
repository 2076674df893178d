// The starter of real servers and finder of a browser and proxies, on machines whose programs are stand-ins: what it picks, what it says, what it leaves.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { reachesTests } from '../../scripts/services/reaches-tests.mjs'
import { createStandInMachine, until, type StandInMachine } from './support/stand-in-machine.js'

const SHOW_SERVERS = `console.log(Object.entries(process.env).filter(([name]) => /^TEST_(REDIS|MYSQL)_/.test(name)).map((pair) => pair.join('=')).join('\\n'))`
const WAIT = `console.log('jest runs'); setInterval(() => {}, 1000)`

let machine: StandInMachine
beforeEach(async () => {
  machine = await createStandInMachine()
})
afterEach(async () => {
  await machine.remove()
})

describe('a machine without servers', () => {
  test('ends with status 1 and runs no test, so that nothing is skipped in silence', async () => {
    const run = machine.run(`console.log('jest runs')`)
    expect(await run.ended).toBe(1)
    expect(run.output()).not.toContain('jest runs')
  })

  test('is told what was looked for, and of four ways out', async () => {
    const run = machine.run('')
    await run.ended
    for (const words of [
      'Redis and MySQL could not be had',
      'REDIS_URL is not set',
      'redis-server and valkey-server not found',
      'MYSQL_URL is not set',
      'mariadbd and mysqld not found',
      'docker not found',
      'apt-get forbidden by TEST_INSTALL=0',
      'REDIS_URL=redis://127.0.0.1:6379 MYSQL_URL=mysql://user:password@127.0.0.1:3306/test npm test',
      'apt-get install redis-server mariadb-server-core mariadb-client-core',
      'start Docker',
      'npm run test:unit',
    ]) {
      expect(run.output()).toContain(words)
    }
  })

  test('is told of the one server that is missing, and keeps nothing of the other', async () => {
    await machine.addRedis()
    const run = machine.run('')
    expect(await run.ended).toBe(1)
    expect(run.output()).toContain('; MySQL could not be had')
    expect(await machine.pids()).toHaveLength(1)
    expect(await machine.leftovers()).toEqual([])
  })

  test('is told when a docker client finds no engine', async () => {
    await machine.add('docker', 'echo "cannot connect" >&2; exit 1')
    const run = machine.run('')
    expect(await run.ended).toBe(1)
    expect(run.output()).toContain('docker found, but no engine answers')
  })

  test('sees the end of the log of a server that does not come up', async () => {
    await machine.addMariadb()
    await machine.add('redis-server', 'echo "the disk is upside down"; exit 3')
    const run = machine.run('')
    expect(await run.ended).toBe(1)
    expect(run.output()).toContain('Redis ended with status 3 before it answered')
    expect(run.output()).toContain('the disk is upside down')
    expect(await machine.leftovers()).toEqual([])
  })
})

describe('servers from programs', () => {
  beforeEach(async () => {
    await machine.addRedis()
    await machine.addMariadb()
  })

  test('are told of in one line each, with version and program', async () => {
    const run = machine.run('')
    expect(await run.ended).toBe(0)
    expect(run.output()).toMatch(/^Redis: Redis 99\.3\.4 · \S+\/redis-server · \d+ ms$/m)
    expect(run.output()).toMatch(/^MySQL: MariaDB 99\.1\.2 · \S+\/mariadbd · \d+ ms$/m)
  })

  test('reach the tests as addresses and versions in the environment', async () => {
    const run = machine.run(SHOW_SERVERS)
    await run.ended
    expect(run.output()).toMatch(/^TEST_REDIS_URL=redis:\/\/127\.0\.0\.1:\d+$/m)
    expect(run.output()).toMatch(/^TEST_REDIS_SERVER=Redis 99\.3\.4$/m)
    expect(run.output()).toMatch(/^TEST_MYSQL_URL=mysql:\/\/facsimile:[\w-]{24}@127\.0\.0\.1:\d+\/facsimile$/m)
    expect(run.output()).toMatch(/^TEST_MYSQL_SERVER=MariaDB 99\.1\.2$/m)
  })

  test('are gone, process and folder, after the tests have passed', async () => {
    const run = machine.run('')
    expect(await run.ended).toBe(0)
    expect(await machine.pids()).toHaveLength(2)
    expect(await machine.leftovers()).toEqual([])
  })

  test('are gone after the tests have failed, whose status is kept', async () => {
    const run = machine.run('process.exit(7)')
    expect(await run.ended).toBe(7)
    expect(await machine.leftovers()).toEqual([])
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('are gone after %s, as with Ctrl-C', async (signal, status) => {
    const run = machine.run(WAIT)
    await until('jest runs', () => run.output().includes('jest runs'))
    expect(await machine.leftovers()).toHaveLength(4)
    run.child.kill(signal)
    expect(await run.ended).toBe(status)
    expect(await machine.leftovers()).toEqual([])
  })

  test("are gone after npm's shell was ended, which passes no signal on", async () => {
    const run = machine.runInShell(WAIT)
    await until('jest runs', () => run.output().includes('jest runs'))
    run.child.kill('SIGTERM')
    await run.ended
    await until('nothing is left', async () => (await machine.leftovers()).length === 0)
  })

  test('are gone after an interruption while they start', async () => {
    await machine.add('redis-server', `exec "${process.execPath}" -e "setInterval(() => {}, 1000)"`)
    const run = machine.run(WAIT)
    await until('MariaDB is up', () => run.output().includes('MySQL: '))
    run.child.kill('SIGINT')
    expect(await run.ended).toBe(130)
    expect(run.output()).not.toContain('jest runs')
    expect(await machine.leftovers()).toEqual([])
  })

  test('are gone even when there was no time to stop them', async () => {
    const run = machine.run(`${WAIT}; setTimeout(() => process.exit(), 500)`)
    await until('jest runs', () => run.output().includes('jest runs'))
    run.child.kill('SIGKILL')
    await run.ended
    await until('nothing is left', async () => (await machine.leftovers()).length === 0)
  })
})

describe('servers in containers', () => {
  test('are used when the machine has no programs, each in a throw-away project', async () => {
    await machine.addDocker()
    const run = machine.run(SHOW_SERVERS)
    expect(await run.ended).toBe(0)
    expect(run.output()).toMatch(/^Redis: Redis 99\.3\.4 · docker 99\.7 · \d+ ms$/m)
    expect(run.output()).toMatch(/^MySQL: MariaDB 99\.1\.2 · docker 99\.7 · \d+ ms$/m)
    const project = `-p facsimile-test-${run.child.pid}-redis --profile stores`
    const asked = (await machine.asked('docker')).map((line) => line.replace(/-f \S+ /, ''))
    expect(asked).toContain(`compose ${project} up --detach --quiet-pull redis`)
    expect(asked).toContain(`compose ${project} down --volumes --timeout 2`)
    const port = Number(/TEST_REDIS_URL=redis:\/\/127\.0\.0\.1:(\d+)/.exec(run.output())?.[1])
    await until('the container is gone', async () => !(await answers(port)))
  })

  test('are not asked for when programs are there', async () => {
    await machine.addDocker()
    await machine.addRedis()
    await machine.addMariadb()
    expect(await machine.run('').ended).toBe(0)
    await expect(machine.asked('docker')).rejects.toThrow('ENOENT')
  })
})

describe('missing programs', () => {
  beforeEach(async () => {
    await machine.addRedis()
    await machine.addMariadb()
    await machine.addApt()
    await machine.pack('redis-server')
  })

  test('are installed for root on a Debian-like system, after a line that says so, and for nobody else', async () => {
    const run = machine.run('', { TEST_INSTALL: '' })
    const status = await run.ended
    const asked =
      status === 0 ? (await machine.asked('apt')).map((line) => line.replace(/ -(o|q)\S* ?\S*=\S+| -qq/g, '')) : []
    if (mayInstall()) {
      expect(run.output()).toContain('Installing with apt-get, once (TEST_INSTALL=0 forbids it): redis-server …\n')
      expect(asked).toEqual(['noninteractive update', 'noninteractive install -y --no-install-recommends redis-server'])
      expect(run.output()).toMatch(/^Redis: Redis 99\.3\.4/m)
    } else {
      expect(run.output()).toMatch(/apt-get (needs root|is for Debian-like systems)/)
      await expect(machine.asked('apt')).rejects.toThrow('ENOENT')
    }
  })

  test('are not installed against TEST_INSTALL=0', async () => {
    expect(await machine.run('').ended).toBe(1)
    await expect(machine.asked('apt')).rejects.toThrow('ENOENT')
  })
})

describe('an address that the user gives', () => {
  test('is used as it is, before any program', async () => {
    await machine.addRedis()
    await machine.addMariadb()
    const other = machine.run(`${SHOW_SERVERS}; ${WAIT}`)
    await until('the other Redis is up', () => other.output().includes('jest runs'))
    const url = /TEST_REDIS_URL=(\S+)/.exec(other.output())?.[1] ?? ''

    const run = machine.run(SHOW_SERVERS, { REDIS_URL: `${url}/5` })
    expect(await run.ended).toBe(0)
    expect(run.output()).toMatch(/^Redis: Redis 99\.3\.4 · REDIS_URL · \d+ ms$/m)
    expect(run.output()).toContain(`TEST_REDIS_URL=${url}/5\n`)
    // Three, not four: no second Redis was started, and the given one was left running.
    expect(await machine.pids()).toHaveLength(3)
    other.child.kill('SIGINT')
    await other.ended
    expect(await machine.leftovers()).toEqual([])
  })

  test.each(['REDIS_URL', 'MYSQL_URL'])(
    'ends the run when no server answers at %s, and shows no password',
    async (name) => {
      await machine.addRedis()
      await machine.addMariadb()
      const port = await closedPort()
      const protocol = name === 'REDIS_URL' ? 'redis' : 'mysql'
      const run = machine.run('', { [name]: `${protocol}://someone:hush-hush@127.0.0.1:${port}/x` })
      expect(await run.ended).toBe(1)
      expect(run.output()).toContain(`${name} is set, but what it names cannot be used`)
      expect(run.output()).not.toContain('hush-hush')
      expect(await machine.leftovers()).toEqual([])
    },
  )
})

describe('a browser', () => {
  const SHOW_BROWSER = `console.log('jest runs with', process.env.TEST_CHROMIUM)`
  const BROWSER_TESTS = { FOR_TESTS: 'browser' }

  test('of this machine is told of in one line, with its version, and its path reaches the tests', async () => {
    await machine.addChromium()
    const run = machine.run(SHOW_BROWSER, BROWSER_TESTS)
    expect(await run.ended).toBe(0)
    expect(run.output()).toMatch(/^Chromium: Chromium 99\.4\.5\.6 · \S+\/chromium · \d+ ms$/m)
    expect(run.output()).toContain(`jest runs with ${join(machine.programs, 'chromium')}\n`)
  })

  test('is all that its tests need: no server is started', async () => {
    await machine.addChromium()
    await machine.addRedis()
    await machine.addMariadb()
    const run = machine.run('', BROWSER_TESTS)
    expect(await run.ended).toBe(0)
    expect(run.output()).not.toMatch(/Redis|MySQL/)
    expect(await machine.pids()).toEqual([])
  })

  test.each(['chromium-browser', 'google-chrome', 'google-chrome-stable'])('may be called %s', async (name) => {
    await machine.addChromium(name)
    const run = machine.run(SHOW_BROWSER, BROWSER_TESTS)
    expect(await run.ended).toBe(0)
    expect(run.output()).toContain(`jest runs with ${join(machine.programs, name)}\n`)
  })

  test('that does not answer leaves it to the next name', async () => {
    await machine.add('chromium-browser', 'echo "install the snap" >&2; exit 1')
    await machine.addChromium('google-chrome')
    const run = machine.run(SHOW_BROWSER, BROWSER_TESTS)
    expect(await run.ended).toBe(0)
    expect(run.output()).toContain(`jest runs with ${join(machine.programs, 'google-chrome')}\n`)
  })

  test('that CHROMIUM_PATH names comes before those of this machine', async () => {
    await machine.addChromium()
    await machine.addChromium('my browser')
    const given = join(machine.programs, 'my browser')
    const run = machine.run(SHOW_BROWSER, { ...BROWSER_TESTS, CHROMIUM_PATH: given })
    expect(await run.ended).toBe(0)
    expect(run.output()).toMatch(/^Chromium: Chromium 99\.4\.5\.6 · CHROMIUM_PATH · \d+ ms$/m)
    expect(run.output()).toContain(`jest runs with ${given}\n`)
  })

  test('that CHROMIUM_PATH names and that is not there ends the run, whatever else there is', async () => {
    await machine.addChromium()
    const run = machine.run(SHOW_BROWSER, { ...BROWSER_TESTS, CHROMIUM_PATH: '/nowhere/chromium' })
    expect(await run.ended).toBe(1)
    expect(run.output()).toContain('CHROMIUM_PATH is set, but what it names cannot be used')
    expect(run.output()).toContain('/nowhere/chromium --version: not found')
  })

  test('that is missing ends the run, which tells what was looked for, and of the ways out', async () => {
    const run = machine.run(SHOW_BROWSER, BROWSER_TESTS)
    expect(await run.ended).toBe(1)
    expect(run.output()).not.toContain('jest runs')
    for (const words of [
      'Chromium could not be had',
      'CHROMIUM_PATH is not set',
      'chromium and chromium-browser and google-chrome and google-chrome-stable and Google Chrome not found',
      'apt-get forbidden by TEST_INSTALL=0',
      'CHROMIUM_PATH=/usr/bin/chromium npm test',
      'apt-get install chromium\n',
      'npm run test:unit',
    ]) {
      expect(run.output()).toContain(words)
    }
    expect(run.output()).not.toContain('Docker')
  })

  test('that says nothing of a version is none', async () => {
    await machine.add('chromium', 'echo hello')
    const run = machine.run(SHOW_BROWSER, BROWSER_TESTS)
    expect(await run.ended).toBe(1)
    expect(run.output()).toContain('chromium --version answered "hello')
  })

  test('that is missing is installed along with the servers that are, by one apt-get', async () => {
    await machine.addRedis()
    await machine.addMariadb()
    await machine.addChromium()
    await machine.addApt()
    await machine.pack('redis-server')
    await machine.pack('chromium')
    const run = machine.run(SHOW_BROWSER, { FOR_TESTS: 'both', TEST_INSTALL: '' })
    if (!mayInstall()) {
      expect(await run.ended).toBe(1)
      return
    }
    expect(await run.ended).toBe(0)
    expect(run.output()).toContain('(TEST_INSTALL=0 forbids it): redis-server chromium …\n')
    expect(run.output()).toContain(`jest runs with ${join(machine.programs, 'chromium')}\n`)
    expect((await machine.asked('apt')).filter((line) => line.includes(' install '))).toHaveLength(1)
  })
})

describe('proxies', () => {
  const SHOW_PROXIES = `console.log('jest runs with', process.env.TEST_NGINX, process.env.TEST_HAPROXY)`
  const PROXY_TESTS = { FOR_TESTS: 'proxies' }

  test('of this machine are told of in one line each, and their paths reach the tests', async () => {
    await machine.addProxies()
    const run = machine.run(SHOW_PROXIES, PROXY_TESTS)
    expect(await run.ended).toBe(0)
    expect(run.output()).toMatch(/^nginx: nginx\/99\.5\.1 · \S+\/nginx · \d+ ms$/m)
    expect(run.output()).toMatch(/^HAProxy: HAProxy version 99\.6\.2 · \S+\/haproxy · \d+ ms$/m)
    expect(run.output()).toContain(
      `jest runs with ${join(machine.programs, 'nginx')} ${join(machine.programs, 'haproxy')}\n`,
    )
  })

  test('that are missing end the run, which tells what was looked for, and of the ways out', async () => {
    const run = machine.run(SHOW_PROXIES, PROXY_TESTS)
    expect(await run.ended).toBe(1)
    expect(run.output()).not.toContain('jest runs')
    for (const words of [
      'nginx and HAProxy could not be had',
      'nginx not found',
      'HAPROXY_PATH is not set',
      'apt-get forbidden by TEST_INSTALL=0',
      'NGINX_PATH=/usr/sbin/nginx HAPROXY_PATH=/usr/sbin/haproxy npm test',
      'apt-get install nginx haproxy\n',
      'npm run test:unit',
    ]) {
      expect(run.output()).toContain(words)
    }
  })
})

describe('jest arguments', () => {
  const TESTS = ['/shop/test/stores/redis-provider.test.ts']

  test.each([
    [[]],
    [['--coverage']],
    [['-t', 'keeps a page']],
    [['test/stores']],
    [['redis']],
    [['test/core', 'test/stores/redis']],
    [['--testPathPatterns', 'test/core']],
    [['--testPathPatterns=redis', 'test/core']],
    [['test/core', '(']],
  ])('that can reach certain tests: %j', (given) => {
    expect(reachesTests(given, TESTS)).toBe(true)
  })

  test.each([
    [['test/core']],
    [['./test/express', '--verbose']],
    [['--runInBand', 'test/core/glob']],
    [['-t', 'keeps a page', 'test/core']],
    [['--listTests']],
    [['--version']],
  ])('that cannot reach them: %j', (given) => {
    expect(reachesTests(given, TESTS)).toBe(false)
  })
})

/** Whether we are somebody for whom missing programs are installed. */
function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version')
}

/** Whether anybody listens on the port. */
function answers(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).finally(() => socket.destroy())
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

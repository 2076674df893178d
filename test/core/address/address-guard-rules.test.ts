// The rules R1 to R18 of the address guard, each with its hostile twin.
import { describe, expect, test } from '@jest/globals'
import {
  createAddressGuard,
  FacsimileError,
  WORDS,
  type AddressGuardSettings,
  type AddressVerdict,
} from '@facsimile/core'
import { createRequest, PROXIES, PROXY } from './guard-request.js'

const CLIENT = '203.0.113.9'
const STRANGER = '198.51.100.66'
const EVERYBODY = ['0.0.0.0/0', '::/0']

/** The verdict on a request through a trusted proxy, with these lines of one header. */
function judgeLines(
  source: string,
  lines: readonly string[],
  allowedAddresses: readonly string[] = [CLIENT],
): AddressVerdict {
  const guard = createAddressGuard({ source, trustedProxies: PROXIES, allowedAddresses })
  return guard(createRequest(PROXY, ...lines.map((line) => [source, line] as const)))
}

function clientOf(source: string, ...lines: string[]): string | undefined {
  return judgeLines(source, lines, EVERYBODY).clientAddress
}

function errorOf(settings: unknown): FacsimileError {
  try {
    createAddressGuard(settings as AddressGuardSettings)
  } catch (error) {
    if (error instanceof FacsimileError) return error
    throw error
  }
  throw new Error('accepted the settings')
}

const ALLOWED: AddressVerdict = { clientAddress: CLIENT, allowed: true, reason: 'allowed' }

describe('the peer', () => {
  test('R1: with source "socket", also by default, no header is ever read', () => {
    for (const settings of [{}, { source: 'socket' }, { source: 'Socket', trustedProxies: [CLIENT] }]) {
      const guard = createAddressGuard({ ...settings, allowedAddresses: [CLIENT] })
      const unreadable = {
        socket: { remoteAddress: STRANGER },
        get rawHeaders(): string[] {
          throw new Error('a header was read')
        },
      }
      expect(guard(unreadable)).toEqual({ clientAddress: STRANGER, allowed: false, reason: 'not-listed' })
    }
  })

  test('R2: a peer that is no trusted proxy is the client, whatever its headers say', () => {
    const guard = createAddressGuard({ source: 'x-forwarded-for', trustedProxies: PROXIES, allowedAddresses: [CLIENT] })
    expect(guard(createRequest(CLIENT, ['X-Forwarded-For', STRANGER]))).toEqual(ALLOWED)
    expect(guard(createRequest(STRANGER, ['X-Forwarded-For', CLIENT]))).toEqual({
      clientAddress: STRANGER,
      allowed: false,
      reason: 'peer-not-trusted',
    })
  })

  test('R2: without trusted proxies a header source is legal, and the peer is the client', () => {
    const guard = createAddressGuard({ source: 'x-forwarded-for', allowedAddresses: [CLIENT] })
    expect(guard(createRequest(CLIENT, ['X-Forwarded-For', STRANGER]))).toEqual(ALLOWED)
    expect(guard(createRequest(PROXY, ['X-Forwarded-For', CLIENT])).allowed).toBe(false)
  })

  test('R11: the zone of a link-local peer is dropped, also one with an odd interface name', () => {
    const guard = createAddressGuard({ allowedAddresses: ['fe80::/10'] })
    for (const peer of ['fe80::1%eth0', 'fe80::1%3', 'fe80::1%br_lan-0.100']) {
      expect(guard(createRequest(peer))).toEqual({ clientAddress: 'fe80::1', allowed: true, reason: 'allowed' })
    }
    expect(guard(createRequest('203.0.113.9%eth0')).reason).toBe('peer-invalid')
  })

  test('R13: nobody, everybody and nonsense are denied even where everybody is allowed', () => {
    const guard = createAddressGuard({ allowedAddresses: EVERYBODY })
    expect(guard(createRequest(undefined))).toEqual({ allowed: false, reason: 'no-peer' })
    expect(guard(createRequest(''))).toEqual({ allowed: false, reason: 'no-peer' })
    for (const peer of [
      '0.0.0.0',
      '::',
      '::ffff:0.0.0.0',
      '::ffff:0:0',
      '::%eth0',
      'localhost',
      '0x7f.1',
      `fe80::1%${'x'.repeat(1_000)}`,
    ]) {
      expect(guard(createRequest(peer))).toEqual({ allowed: false, reason: 'peer-invalid' })
    }
  })
})

describe('the walk from the right', () => {
  test('R3: crosses every line of the header, in order', () => {
    expect(clientOf('x-forwarded-for', '192.0.2.1, 203.0.113.9', '10.1.1.1', '10.2.2.2, 10.3.3.3')).toBe(CLIENT)
    expect(clientOf('x-forwarded-for', CLIENT, STRANGER)).toBe(STRANGER)
    expect(clientOf('forwarded', `for=${CLIENT}`, 'for=10.1.1.1')).toBe(CLIENT)
  })

  test('R4: never steps over an entry that is no address', () => {
    for (const entry of [
      'unknown',
      '_hidden',
      'crawler.example.com',
      'unix:',
      'undefined',
      '-',
      '<script>',
      '203.0.113.9/32',
    ]) {
      expect(judgeLines('x-forwarded-for', [`${CLIENT}, ${entry}, 10.9.9.9`])).toEqual({
        allowed: false,
        reason: 'header-invalid',
      })
      expect(judgeLines('forwarded', [`for=${CLIENT}, for="${entry}", for=10.9.9.9`])).toEqual({
        allowed: false,
        reason: 'header-invalid',
      })
    }
  })

  test('R5: never parses what stands left of the entry that decides', () => {
    expect(clientOf('x-forwarded-for', `unknown, ", \\, ${CLIENT}`)).toBe(CLIENT)
    expect(clientOf('forwarded', `for=unknown, for==, =, ;;x, for=1;for=2, for=${CLIENT}`)).toBe(CLIENT)
  })

  test('R5: but a quote that is never closed voids a Forwarded header', () => {
    for (const lines of [
      [`for="${CLIENT}, for=${STRANGER}`],
      [`for="${CLIENT}`, `for=${STRANGER}`],
      [`for=${CLIENT};host="\\", for=${STRANGER}`],
      [`for=${CLIENT}, for=${STRANGER};host="`],
      // The proxy quotes as well: an odd number of quotes stays odd.
      [`for=${CLIENT};host="`, `for="${STRANGER}:4711"`],
    ]) {
      expect(judgeLines('forwarded', lines)).toEqual({ allowed: false, reason: 'header-invalid' })
    }
  })

  test('R6: when all entries are trusted proxies, the leftmost is the client', () => {
    expect(clientOf('x-forwarded-for', '10.1.1.1, 10.2.2.2')).toBe('10.1.1.1')
    expect(clientOf('forwarded', 'for=10.1.1.1', 'for=10.2.2.2')).toBe('10.1.1.1')
  })

  test('R6: a trusted proxy that sends no header, or an empty one, is denied and not taken for the client', () => {
    for (const source of ['x-forwarded-for', 'forwarded', 'x-real-ip']) {
      for (const lines of [[], [''], [' \t'], [', ,,'], ['', ',']]) {
        expect(judgeLines(source, lines, [PROXY])).toEqual({ allowed: false, reason: 'header-missing' })
      }
    }
  })

  test('R15: a custom header follows the same list rule, so its last line wins', () => {
    expect(clientOf('x-real-ip', CLIENT, STRANGER)).toBe(STRANGER)
    expect(clientOf('X-Azure-ClientIP', `192.0.2.1, ${CLIENT}, 10.1.1.1`)).toBe(CLIENT)
  })

  test('header names are compared without case, and never with header values', () => {
    const guard = createAddressGuard({ source: 'X-Real-IP', trustedProxies: PROXIES, allowedAddresses: [CLIENT] })
    expect(guard(createRequest(PROXY, ['x-ReAl-iP', CLIENT]))).toEqual(ALLOWED)
    expect(guard(createRequest(PROXY, ['x-trace', 'x-real-ip'], [CLIENT, 'x'])).reason).toBe('header-missing')
  })
})

describe('one entry', () => {
  test('R7: spellings of IPv4 that other readers take for octal, hex or short are no addresses', () => {
    for (const text of [
      '0313.0.0113.011',
      '203.000.113.009',
      '0xcb007109',
      '0xcb.0x0.0x71.0x9',
      '3405803785',
      '203.0.28937',
    ]) {
      expect(judgeLines('x-forwarded-for', [text]).reason).toBe('header-invalid')
    }
    expect(clientOf('x-forwarded-for', `${CLIENT}, 010.0.0.2`)).toBeUndefined()
  })

  test('R8: an IPv4-mapped proxy, hop and client are IPv4', () => {
    const guard = createAddressGuard({ source: 'x-forwarded-for', trustedProxies: PROXIES, allowedAddresses: [CLIENT] })
    expect(guard(createRequest('::ffff:10.0.0.2', ['X-Forwarded-For', '::ffff:cb00:7109, ::FFFF:a01:101']))).toEqual(
      ALLOWED,
    )
  })

  test('R9: ranges of one family neither trust nor allow the other', () => {
    const guard = createAddressGuard({
      source: 'x-forwarded-for',
      trustedProxies: ['::/0'],
      allowedAddresses: ['::/0'],
    })
    expect(guard(createRequest(PROXY, ['X-Forwarded-For', '2001:db8::9']))).toEqual({
      clientAddress: PROXY,
      allowed: false,
      reason: 'peer-not-trusted',
    })
    expect(guard(createRequest('2001:db8::2', ['X-Forwarded-For', `2001:db8::9, ${CLIENT}`])).clientAddress).toBe(
      CLIENT,
    )
  })

  test('R10: ports are stripped', () => {
    for (const [entry, address] of [
      ['203.0.113.9:0', CLIENT],
      ['203.0.113.9:00080', CLIENT],
      ['[2001:db8::9]', '2001:db8::9'],
      ['[2001:db8::9]:65535', '2001:db8::9'],
      ['[::ffff:203.0.113.9]:1', CLIENT],
    ] as const) {
      expect(clientOf('x-forwarded-for', entry)).toBe(address)
      expect(clientOf('forwarded', `for="${entry}"`)).toBe(address)
    }
  })

  test('R10: a bad port, a bracket left open, [IPv4] and trailing text are invalid', () => {
    const suffixes = [':', ':65536', ':000080', ':80:80', ':8o', ':-1', ': 80', ':_', ':_a b', 'x', 'x80']
    const nodes = [
      ...suffixes.flatMap((suffix) => [`${CLIENT}${suffix}`, `[2001:db8::9]${suffix}`]),
      '[203.0.113.9]',
      '[203.0.113.9]:80',
      '[2001:db8::9',
      '2001:db8::9]',
      '[[2001:db8::9]]',
      '[]',
      '[:]',
      '[2001:db8::9]]:80',
      ':80',
    ]
    for (const node of nodes) {
      expect(clientOf('x-forwarded-for', node)).toBeUndefined()
      expect(clientOf('forwarded', `for="${node}"`)).toBeUndefined()
    }
  })

  test('R10: an obfuscated port is a matter of Forwarded alone', () => {
    expect(clientOf('forwarded', `for="${CLIENT}:_a.b-c_1"`)).toBe(CLIENT)
    expect(clientOf('forwarded', 'for="[2001:db8::9]:_x"')).toBe('2001:db8::9')
    expect(clientOf('x-forwarded-for', `${CLIENT}:_a`)).toBeUndefined()
  })

  test('R11: a zone in a header is invalid', () => {
    for (const node of ['fe80::1%eth0', '[fe80::1%eth0]', '[fe80::1%25eth0]:80', '::ffff:203.0.113.9%1']) {
      expect(clientOf('x-forwarded-for', node)).toBeUndefined()
      expect(clientOf('forwarded', `for="${node}"`)).toBeUndefined()
    }
  })

  test('R12: spaces and tabs around entries go, nothing else does, and nothing but a comma separates', () => {
    expect(clientOf('x-forwarded-for', `192.0.2.1 ,\t ${CLIENT} \t,\t10.9.9.9\t`)).toBe(CLIENT)
    for (const entry of [
      `${CLIENT}\xa0`,
      `\xa0${CLIENT}`,
      `${CLIENT}\x0b`,
      `192.0.2.1 ${CLIENT}`,
      `192.0.2.1;${CLIENT}`,
      `"${CLIENT}"`,
    ]) {
      expect(clientOf('x-forwarded-for', entry)).toBeUndefined()
    }
  })

  test('R13: the unspecified address is nobody’s, also as a trusted hop', () => {
    for (const entry of ['0.0.0.0', '::', '::ffff:0.0.0.0', '[::]:80', '0.0.0.0:80']) {
      const guard = createAddressGuard({
        source: 'x-forwarded-for',
        trustedProxies: EVERYBODY,
        allowedAddresses: EVERYBODY,
      })
      expect(guard(createRequest(PROXY, ['X-Forwarded-For', `${CLIENT}, ${entry}`])).reason).toBe('header-invalid')
    }
  })

  test('R17: the address that comes out is canonical', () => {
    expect(clientOf('x-forwarded-for', '2001:0DB8:0:0:0:0:0:0009')).toBe('2001:db8::9')
    expect(clientOf('x-forwarded-for', 'FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:255.255.255.255')).toHaveLength(39)
  })
})

describe('R14: the grammar of Forwarded', () => {
  test('takes names in any case, quoted strings and quoted pairs, parameters in any order, white space and gaps', () => {
    for (const line of [
      `FoR=${CLIENT}`,
      `for="${CLIENT}"`,
      'for="\\2\\0\\3.0.113\\.9"',
      `proto=https;by=10.0.0.2;for=${CLIENT};host="shop.example:443"`,
      ` ;; proto=http ; \tfor=${CLIENT} ;`,
      `host="a,b;for=${STRANGER}";for=${CLIENT};ext="\\"for=${STRANGER}"`,
    ]) {
      expect(clientOf('forwarded', line)).toBe(CLIENT)
    }
  })

  test('takes an element as nobody’s that is malformed, has no "for", or two', () => {
    for (const line of [
      'proto=https',
      `for=${STRANGER};for=${CLIENT}`,
      `for=${CLIENT};For=${CLIENT}`,
      `for =${CLIENT}`,
      `for= ${CLIENT}`,
      'for=',
      'for=""',
      'for',
      `=${CLIENT}`,
      `for==${CLIENT}`,
      `fo r=${CLIENT}`,
      `for="${CLIENT}"x`,
      `for=x"${CLIENT}"`,
      `for="${CLIENT}""${STRANGER}"`,
      `for=${CLIENT};proto`,
      `for=${CLIENT};host=a b`,
      // A colon and a bracket need quotes (RFC 7239, 4).
      `for=${CLIENT}:80`,
      'for=[2001:db8::9]',
      'for=2001:db8::9',
      'for="2001:db8::9"',
    ]) {
      expect(judgeLines('forwarded', [line], EVERYBODY)).toEqual({ allowed: false, reason: 'header-invalid' })
    }
  })

  test('never takes "by", "host" or the inside of a quoted string for the client', () => {
    expect(clientOf('forwarded', `by=${CLIENT};host=${CLIENT};for=${STRANGER}`)).toBe(STRANGER)
    expect(clientOf('forwarded', `for=${STRANGER};host=", for=${CLIENT}"`)).toBe(STRANGER)
  })
})

describe('settings', () => {
  test('R16: an empty allowlist, also the default one, admits nobody', () => {
    expect(createAddressGuard({})(createRequest('127.0.0.1'))).toEqual({
      clientAddress: '127.0.0.1',
      allowed: false,
      reason: 'allowlist-empty',
    })
    expect(judgeLines('x-forwarded-for', [CLIENT], [])).toEqual({
      clientAddress: CLIENT,
      allowed: false,
      reason: 'allowlist-empty',
    })
  })

  test('R16: a bad entry of either list throws at the start and is named, whatever the source', () => {
    const proxyError = errorOf({ source: 'socket', trustedProxies: ['10.0.0.0/8', '10/8'] })
    expect(proxyError.code).toBe('ADDRESS_INVALID')
    expect(proxyError.message).toContain('clientAddress.trustedProxies[1] is "10/8"')
    const allowedError = errorOf({ allowedAddresses: ['::ffff:10.0.0.0/8'] })
    expect(allowedError.code).toBe('ADDRESS_INVALID')
    expect(allowedError.message).toContain('allowedAddresses[0] is "::ffff:10.0.0.0/8"')
  })

  test('R18: neither a number of hops nor "trust everything" nor a keyword is a list of proxies', () => {
    for (const trustedProxies of [true, 1, 'loopback']) {
      expect(errorOf({ source: 'x-forwarded-for', trustedProxies }).code).toBe('SETTINGS_INVALID')
    }
    expect(errorOf({ trustedProxies: ['loopback'] }).code).toBe('ADDRESS_INVALID')
  })

  test('R18: what a framework has derived, and headers that were not asked for, count for nothing', () => {
    const guard = createAddressGuard({ source: 'x-forwarded-for', trustedProxies: PROXIES, allowedAddresses: [CLIENT] })
    const request = {
      ...createRequest(PROXY, ['Client-IP', CLIENT], ['True-Client-IP', CLIENT], ['X-Forwarded-For', STRANGER]),
      ip: CLIENT,
      ips: [CLIENT],
      headers: { 'x-forwarded-for': CLIENT, 'client-ip': CLIENT },
    }
    expect(guard(request).clientAddress).toBe(STRANGER)
  })

  test('refuses a source that cannot be the name of a header', () => {
    for (const source of ['', 'x forwarded for', 'x-forwarded-for:', 'x,y', 'naïve', 'a\r\nb', 1, true, {}]) {
      const error = errorOf({ source })
      expect(error.code).toBe('SETTINGS_INVALID')
      expect(error.message).toContain('clientAddress.source is')
    }
  })

  test('later changes to the caller’s lists change nothing', () => {
    const allowedAddresses = [CLIENT]
    const guard = createAddressGuard({ allowedAddresses })
    allowedAddresses.push(STRANGER)
    expect(guard(createRequest(STRANGER)).allowed).toBe(false)
  })
})

describe('verdicts', () => {
  test('every reason is given', () => {
    const behindProxy = { source: 'x-forwarded-for', trustedProxies: PROXIES, allowedAddresses: [CLIENT] }
    const reasons = [
      createAddressGuard({ allowedAddresses: [CLIENT] })(createRequest(CLIENT)),
      createAddressGuard({ allowedAddresses: [CLIENT] })(createRequest(STRANGER)),
      createAddressGuard({})(createRequest(CLIENT)),
      createAddressGuard({})(createRequest(undefined)),
      createAddressGuard({})(createRequest('::')),
      createAddressGuard(behindProxy)(createRequest(STRANGER)),
      createAddressGuard(behindProxy)(createRequest(PROXY)),
      createAddressGuard(behindProxy)(createRequest(PROXY, ['X-Forwarded-For', 'unknown'])),
    ].map((verdict) => verdict.reason)
    expect(reasons.toSorted()).toEqual(['allowed', ...Object.keys(WORDS.refused)].toSorted())
  })

  test('a peer that comes again gets the verdict that was made for it, which nobody can change', () => {
    const guard = createAddressGuard({ allowedAddresses: [CLIENT] })
    const verdict = guard(createRequest(CLIENT))
    expect(guard(createRequest(CLIENT))).toBe(verdict)
    expect(Object.isFrozen(verdict)).toBe(true)
  })

  test('many peers are each judged for themselves, also after they have been forgotten', () => {
    const guard = createAddressGuard({ allowedAddresses: ['10.0.0.0/16'] })
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 3_000; index += 1) {
        const peer = `10.${index % 2}.${index >> 8}.${index & 0xff}`
        expect(guard(createRequest(peer))).toMatchObject({ clientAddress: peer, allowed: index % 2 === 0 })
      }
    }
  })
})

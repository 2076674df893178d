// Settings: complete and frozen when they are right; when they are wrong, an error that helps.
import { describe, expect, test } from '@jest/globals'
import { explain, FacsimileError, resolveSettings } from '@facsimile/core'
import { createMemoryProvider } from '@facsimile/core/memory'
import { createFacsimile } from '@facsimile/express'

const SNIPPET = { name: 'recorder', html: '<i></i>', placement: 'body-end' }

function failureOf(input: unknown): FacsimileError {
  try {
    resolveSettings(input)
  } catch (error) {
    if (error instanceof FacsimileError) return error
    throw error
  }
  throw new Error(`accepted: ${String(input)}`)
}

test('everything has a default', () => {
  expect(resolveSettings()).toEqual(resolveSettings({}))
  expect(resolveSettings({})).toEqual({
    snippets: [],
    cacheProvider: 'memory:',
    maxCachedSeconds: 60,
    maxCachedPages: 10_000,
    maxCachedBytes: 268_435_456,
    maxPageBytes: 5_242_880,
    deleteAfterPull: true,
    allowedAddresses: [],
    clientAddress: { source: 'socket', trustedProxies: [] },
    fetchPath: '/facsimile',
    stickyCookies: [],
    optOutCookie: { name: 'WRUID', value: '0' },
    privacySignals: [],
    sampleRatio: 1,
    include: ['**'],
    exclude: [],
    compression: false,
    xhtml: false,
    storeAs: 'produced',
    csp: 'nonce',
    disableFilter: false,
    disableCache: false,
    allowDebug: false,
    debugPath: '/facsimile/debug',
  })
})

test('a key that is there and undefined counts as absent', () => {
  const keys = Object.keys(resolveSettings({}))
  expect(resolveSettings(Object.fromEntries(keys.map((key) => [key, undefined])))).toEqual(resolveSettings({}))
})

test.each([
  { maxCachedSeconds: 1 },
  { maxCachedSeconds: 86_400 },
  { maxCachedPages: 1_000_000, maxCachedBytes: 1, maxPageBytes: 1 },
  { clientAddress: { source: 'X-Real-IP' } },
  { clientAddress: { source: 'forwarded', trustedProxies: ['10.0.0.0/8', '::1'] } },
  { fetchPath: '/.well-known/copies.html' },
  { fetchUrl: 'http://[::1]:8080/x/%CacheToken%' },
  { fetchUrl: 'https://s1.example.com/facsimile?t=%CacheToken%&again=%CacheToken%' },
  { optOutCookie: false },
  { optOutCookie: { name: 'consent', value: 'no' } },
  { sampleRatio: 0 },
  { include: ['/', '/a/**/b', '**/print', '/über'] },
  { snippets: [{ ...SNIPPET, when: () => true }] },
  {
    snippets: [
      { ...SNIPPET, when: ['/a'] },
      { ...SNIPPET, name: 'other', when: undefined },
    ],
  },
  { snippets: [{ ...SNIPPET, unlessPageContains: 'x' }] },
  { snippets: [{ ...SNIPPET, unlessPageContains: 'é'.repeat(200) }] },
  { xhtml: true, snippets: [SNIPPET] },
  { xhtml: false, snippets: [{ ...SNIPPET, html: '<br>' }] },
  { logger: console },
  { logger: Object.assign(() => undefined, { debug() {}, info() {}, warn() {}, error() {} }) },
])('%j is accepted', (input) => {
  expect(() => resolveSettings(input)).not.toThrow()
})

describe('every mistake is answered with the key, the value and the remedy', () => {
  const WHOLE = 'write a whole number from 1 to'
  const SWITCH = 'write true or false'
  const LOCATION = "write a location such as 'memory:', or give an object with the methods store, pull, peek"
  const URL_REMEDY = 'write an absolute http(s) URL that holds %CacheToken%, such as https://'
  const OPT_OUT = "write the cookie's name and value as text, such as { name: 'WRUID', value: '0' }, or false"
  const GLOB = 'write a path pattern that starts with / or **, such as /account/**'
  const PATH = 'write a path such as /facsimile'

  test.each<[input: unknown, complaint: string]>([
    [{ snippets: {} }, '`snippets` is {}: write a list of snippets'],
    [{ snippets: ['x'] }, '`snippets[0]` is "x": write { name, html, placement }'],
    [{ snippets: [{ ...SNIPPET, name: '' }] }, '`snippets[0].name` is "": give the snippet a name'],
    [{ snippets: [{ html: 'x', placement: 'body-end' }] }, '`snippets[0].name` is missing: give the snippet a name'],
    [{ snippets: [SNIPPET, { ...SNIPPET, name: 'b', html: 1 }] }, '`snippets[1].html` is 1: write the HTML to insert'],
    [
      { snippets: [{ ...SNIPPET, placement: 'bottom' }] },
      '`snippets[0].placement` is "bottom": write head-start, head-end, body-start, body-end',
    ],
    [
      { snippets: [{ ...SNIPPET, when: '/a' }] },
      '`snippets[0].when` is "/a": write a list of path patterns, or a function',
    ],
    [{ snippets: [{ ...SNIPPET, when: ['a'] }] }, `\`snippets[0].when[0]\` is "a": ${GLOB}`],
    [
      { snippets: [{ ...SNIPPET, unlessPageContains: '' }] },
      '`snippets[0].unlessPageContains` is "": write the text that makes the snippet needless, of 1 to 200 characters',
    ],
    [
      { snippets: [{ ...SNIPPET, unlessPageContains: 'x'.repeat(201) }] },
      'write the text that makes the snippet needless, of 1 to 200 characters',
    ],
    [{ snippets: [{ ...SNIPPET, unlessPageContains: /x/ }] }, '`snippets[0].unlessPageContains` is {}: write the text'],
    [{ snippets: [SNIPPET, SNIPPET] }, 'give every snippet a name of its own'],
    [{ cacheProvider: 7 }, `\`cacheProvider\` is 7: ${LOCATION}`],
    [
      { cacheProvider: { store() {}, pull() {} } },
      `\`cacheProvider\` is { store: [Function: store], pull: [Function: pull] }: ${LOCATION}`,
    ],
    [{ maxCachedSeconds: 0 }, `\`maxCachedSeconds\` is 0: ${WHOLE} 86400`],
    [{ maxCachedSeconds: 0.5 }, `\`maxCachedSeconds\` is 0.5: ${WHOLE} 86400`],
    [{ maxCachedSeconds: -1 }, `\`maxCachedSeconds\` is -1: ${WHOLE} 86400`],
    [{ maxCachedSeconds: NaN }, `\`maxCachedSeconds\` is NaN: ${WHOLE} 86400`],
    [{ maxCachedSeconds: 1e12 }, `\`maxCachedSeconds\` is 1000000000000: ${WHOLE} 86400`],
    [{ maxCachedSeconds: '60' }, `\`maxCachedSeconds\` is "60": ${WHOLE} 86400`],
    [{ maxCachedSeconds: 60n }, `\`maxCachedSeconds\` is 60n: ${WHOLE} 86400`],
    [{ maxCachedSeconds: null }, `\`maxCachedSeconds\` is null: ${WHOLE} 86400`],
    [{ maxCachedPages: 0 }, `\`maxCachedPages\` is 0: ${WHOLE} 1000000`],
    [{ maxCachedPages: 1_000_001 }, `\`maxCachedPages\` is 1000001: ${WHOLE} 1000000`],
    [{ maxCachedBytes: Infinity }, `\`maxCachedBytes\` is Infinity: ${WHOLE} 9007199254740991`],
    [{ maxPageBytes: [] }, `\`maxPageBytes\` is []: ${WHOLE} 1073741824`],
    [{ deleteAfterPull: 'false' }, `\`deleteAfterPull\` is "false": ${SWITCH}`],
    [{ allowedAddresses: '192.0.2.1' }, '`allowedAddresses` is "192.0.2.1": write a list of addresses and ranges'],
    [
      { allowedAddresses: [1] },
      '`allowedAddresses[0]` is 1: write an IP address or range as text, such as 192.0.2.0/24',
    ],
    [
      { clientAddress: 'socket' },
      '`clientAddress` is "socket": write { source, trustedProxies }, such as { source: \'socket\' }',
    ],
    [
      { clientAddress: { source: 'x forwarded' } },
      "`clientAddress.source` is \"x forwarded\": write 'socket', 'x-forwarded-for'",
    ],
    [{ clientAddress: { trustedProxies: true } }, '`clientAddress.trustedProxies` is true: write a list of addresses'],
    [{ fetchPath: 'facsimile' }, `\`fetchPath\` is "facsimile": ${PATH}`],
    [{ fetchPath: '/' }, `\`fetchPath\` is "/": ${PATH}`],
    [{ fetchPath: '/a/' }, `\`fetchPath\` is "/a/": ${PATH}`],
    [{ fetchPath: '//evil.example' }, `\`fetchPath\` is "//evil.example": ${PATH}`],
    [{ fetchPath: '/a/../b' }, `\`fetchPath\` is "/a/../b": ${PATH}`],
    [{ fetchPath: '/a?b' }, `\`fetchPath\` is "/a?b": ${PATH}`],
    [{ fetchPath: '/a\r\nSet-Cookie: x' }, `\`fetchPath\` is "/a\\r\\nSet-Cookie: x": ${PATH}`],
    [
      { fetchUrl: 'https://s1.example.com/facsimile' },
      `\`fetchUrl\` is "https://s1.example.com/facsimile": ${URL_REMEDY}`,
    ],
    [{ fetchUrl: '/facsimile?t=%CacheToken%' }, `\`fetchUrl\` is "/facsimile?t=%CacheToken%": ${URL_REMEDY}`],
    [
      { fetchUrl: 'javascript:alert(1)//%CacheToken%' },
      `\`fetchUrl\` is "javascript:alert(1)//%CacheToken%": ${URL_REMEDY}`,
    ],
    [{ fetchUrl: 'https://h/%CacheToken%#x' }, `\`fetchUrl\` is "https://h/%CacheToken%#x": ${URL_REMEDY}`],
    [{ stickyCookies: 'SERVERID' }, '`stickyCookies` is "SERVERID": write a list of names of cookies'],
    [{ stickyCookies: ['a=b'] }, '`stickyCookies[0]` is "a=b": write the name of a cookie'],
    [{ optOutCookie: true }, `\`optOutCookie\` is true: ${OPT_OUT}`],
    [{ optOutCookie: { name: 'WRUID', value: 0 } }, `\`optOutCookie\` is { name: 'WRUID', value: 0 }: ${OPT_OUT}`],
    [{ optOutCookie: { name: 'a b', value: '0' } }, '`optOutCookie.name` is "a b": write the name of a cookie'],
    [
      { optOutCookie: { name: 'a', value: 'x;y' } },
      '`optOutCookie.value` is "x;y": write the value of the cookie as text',
    ],
    [{ privacySignals: 'gpc' }, "`privacySignals` is \"gpc\": write a list of signals: 'gpc', 'dnt'"],
    [{ privacySignals: ['gpc', 'gcp'] }, "`privacySignals[1]` is \"gcp\": write 'gpc' or 'dnt'"],
    [{ sampleRatio: 1.1 }, '`sampleRatio` is 1.1: write a number from 0 to 1'],
    [{ sampleRatio: NaN }, '`sampleRatio` is NaN: write a number from 0 to 1'],
    [{ sampleRatio: '5%' }, '`sampleRatio` is "5%": write a number from 0 to 1'],
    [{ include: '/a' }, '`include` is "/a": write a list of path patterns, such as /account/**'],
    [{ include: ['*.html'] }, `\`include[0]\` is "*.html": ${GLOB}`],
    [{ exclude: ['/a?b'] }, `\`exclude[0]\` is "/a?b": ${GLOB}`],
    [{ csp: false }, "`csp` is false: write 'nonce' or 'hash'"],
    [{ xhtml: 'yes' }, `\`xhtml\` is "yes": ${SWITCH}`],
    [{ storeAs: 'raw' }, "`storeAs` is \"raw\": write 'produced' or 'sent'"],
    [{ disableFilter: 1 }, `\`disableFilter\` is 1: ${SWITCH}`],
    [{ disableCache: 'yes' }, `\`disableCache\` is "yes": ${SWITCH}`],
    [{ logger: { info() {} } }, 'give an object with the methods debug, info, warn, error'],
    [null, 'the argument is null: give an object'],
    [[], 'the argument is []: give an object'],
    ['memory:', 'the argument is "memory:": give an object'],
  ])('%j', (input, complaint) => {
    const { code, message } = failureOf(input)
    expect(code).toBe('SETTINGS_INVALID')
    expect(message).toMatch(/^The settings cannot be used: /)
    expect(message).toContain(complaint)
  })

  test('all mistakes are named at once', () => {
    const { message } = failureOf({ sampleRatio: 2, maxCachedSecs: 1, snippets: [{ ...SNIPPET, name: '' }] })
    for (const key of ['sampleRatio', 'maxCachedSecs', 'snippets[0].name']) expect(message).toContain(`\`${key}\``)
  })
})

describe('an unknown key', () => {
  test.each<[input: unknown, seen: string, meant: string]>([
    [{ maxCacheSeconds: 1 }, 'maxCacheSeconds', 'maxCachedSeconds'],
    [{ MaxCachedSeconds: 1 }, 'MaxCachedSeconds', 'maxCachedSeconds'],
    [{ DeleteAfterPull: true }, 'DeleteAfterPull', 'deleteAfterPull'],
    [{ allowedAdresses: [] }, 'allowedAdresses', 'allowedAddresses'],
    [{ snippet: [] }, 'snippet', 'snippets'],
    [{ clientAddress: { trustedProxy: [] } }, 'clientAddress.trustedProxy', 'clientAddress.trustedProxies'],
    [{ optOutCookie: { name: 'a', value: '0', valeu: '0' } }, 'optOutCookie.valeu', 'optOutCookie.value'],
    [{ snippets: [{ ...SNIPPET, placment: 'x' }] }, 'snippets[0].placment', 'snippets[0].placement'],
  ])('%j is answered with the name that was probably meant', (input, seen, meant) => {
    expect(failureOf(input).message).toContain(`\`${seen}\` is no setting: did you mean \`${meant}\`?`)
  })

  test('without a near one is answered with all names', () => {
    expect(failureOf({ colour: 'red' }).message).toMatch(
      /`colour` is no setting \(there are snippets, cacheProvider, .*logger\)\.$/,
    )
    expect(failureOf({ snippets: [{ ...SNIPPET, colour: 1 }] }).message).toContain(
      '(there are name, html, placement, when, unlessPageContains)',
    )
  })

  test.each(['__proto__', 'constructor', 'prototype', 'toString'])('%s is refused and changes nothing', (key) => {
    const input: unknown = JSON.parse(
      `{ "${key}": { "polluted": true }, "clientAddress": { "${key}": { "polluted": 1 } } }`,
    )
    expect(failureOf(input).message).toContain(`\`${key}\` is no setting`)
    expect(failureOf(input).message).toContain(`\`clientAddress.${key}\` is no setting`)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(Object.prototype).not.toHaveProperty('polluted')
  })
})

describe('for XHTML a snippet', () => {
  const check = (html: string) =>
    resolveSettings({ xhtml: true, snippets: [SNIPPET, { ...SNIPPET, name: 'second', html }] })

  test.each([
    'text',
    '<br/>',
    '<script src="/a.js" async=""></script>',
    '<script>\n//<![CDATA[\nif (a < b && c) fetchFrom = %FetchUrl%\n//]]>\n</script>',
    '<script>fetchFrom = %FetchUrl%</script>',
    "<img alt='' onload='f(%FetchUrl%)'/>",
    '<p data-token="%CacheToken%" data-nonce="%Nonce%">100% &amp; é &#160;</p>',
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:l="http://www.w3.org/1999/xlink"><a l:href="#"/></svg>',
    '<!-- a - b --><?php ?>',
  ])('that is well-formed is accepted: %s', (html) => {
    expect(() => check(html)).not.toThrow()
  })

  test.each([
    ['a tag that is not closed', '<br>', 'line 1, column 11: unexpected close tag.'],
    ['a tag that is closed twice', '<b></b>\n</b>', 'line 2, column 4: unexpected close tag.'],
    ['the end of what it stands in', '</html><html>', 'line 1, column 13: documents may contain only one root.'],
    ['an attribute without quotes', '<b class=x></b>', 'line 1, column 10: unquoted attribute value.'],
    ['an attribute without a value', '<script async></script>', 'line 1, column 14: attribute without value.'],
    ['two attributes of one name', '<b a="1" a="2"></b>', 'duplicate attribute: a.'],
    ['a bare &', '<script>a && b</script>', 'unclosed tag: script.'],
    ['a bare <', '<script>a < b</script>', 'disallowed character in tag name.'],
    ['an entity of HTML', '<p>&nbsp;</p>', 'undefined entity.'],
    ['a prefix that nobody declared', '<x:p/>', 'unbound namespace prefix: "x".'],
    ['an XML declaration', '<?xml version="1.0"?>', 'an XML declaration must be at the start of the document.'],
    ['a doctype', '<!DOCTYPE html>', 'inappropriately located doctype declaration.'],
    ['two dashes in a comment', '<!-- a -- b -->', 'malformed comment.'],
    ['a token in a comment, since tokens may hold two dashes', '<!-- %CacheToken% -->', 'malformed comment.'],
    ['a nonce in a comment', '<!-- %Nonce% -->', 'malformed comment.'],
    ['a fetch URL in a comment', '<!-- %FetchUrl% -->', 'malformed comment.'],
    [
      'a fetch URL in an attribute in double quotes',
      '<b onclick="f(%FetchUrl%)"></b>',
      'forward-slash in opening tag not followed by >.',
    ],
    ['a fetch URL as an attribute, which may be null', '<b data-url=%FetchUrl%></b>', 'unquoted attribute value.'],
    ['a token as a name', '<%CacheToken%/>', 'disallowed character in tag name.'],
    [
      'a script that closes itself, since HTML pages get it too',
      '<script src="/a.js"/>',
      '<script/> stays open in HTML',
    ],
    ['an element with a dot in its name', '<a.b/>', 'line 1, column 6: <a.b/> stays open in HTML pages. Where'],
    ['a control character', 'a\u0001', 'disallowed character.'],
  ])('that is not is refused: %s', (_what, html, complaint) => {
    const refused = expect.objectContaining({
      code: 'SETTINGS_INVALID',
      message: expect.stringMatching(
        /^The settings cannot be used: `snippets\[1\]\.html` \("second"\) is not well-formed XML at line .*close every tag/,
      ),
    })
    expect(() => check(html)).toThrow(refused)
    expect(() => check(html)).toThrow(complaint)
  })
})

describe('secrets', () => {
  test.each<[input: unknown]>([
    [{ cacheProvider: { host: 'h', password: 'hunter2' } }],
    [{ cacheProvider: { url: 'redis://user:hunter2@h/0' } }],
    [{ cacheProvider: { auth: { pass: 'hunter2' } } }],
    [{ fetchUrl: 'https://user:hunter2@h.example/?t=%CacheToken%' }],
    [{ fetchUrl: 'ftp://user:hunter2@h.example' }],
    [{ fetchPath: 'redis://user:hunter2@h' }],
    [{ snippets: 'redis://:hunter2@h' }],
    [{ cacheProvider: 'redis://user:hunter2@' }],
    [{ cacheProvider: ['redis://user:hunter2@h'] }],
    [{ cacheProvider: 'nosuch://user:hun@ter:hunter2@h/x' }],
  ])('%j: the message shows no password', (input) => {
    const attempt = () => createFacsimile(input as object)
    expect(attempt).toThrow(FacsimileError)
    expect(attempt).not.toThrow(/hunter2/)
  })

  test('a long value is cut', () => {
    expect(failureOf({ storeAs: 'x'.repeat(10_000) }).message.length).toBeLessThan(300)
  })

  test('values that cannot be written as JSON are shown all the same', () => {
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    for (const value of [circular, Symbol('s'), 1n, new Map(), () => 1, Object.create(null) as object]) {
      expect(failureOf({ storeAs: value }).message).toContain('`storeAs` is ')
    }
  })
})

describe('what belongs to the caller', () => {
  test('the input is not changed, and later changes to it change nothing', () => {
    const when = ['/a']
    const input = {
      snippets: [{ name: 'a', html: 'b', placement: 'body-end' as const, when }],
      allowedAddresses: ['192.0.2.1'],
      clientAddress: { source: 'socket', trustedProxies: ['10.0.0.1'] },
      optOutCookie: { name: 'a', value: '0' },
      include: ['/x'],
    }
    const before = structuredClone(input)
    const settings = resolveSettings(input)
    expect(input).toEqual(before)
    input.snippets[0]!.html = 'changed'
    input.snippets.push(input.snippets[0]!)
    when.push('/changed')
    input.allowedAddresses.push('0.0.0.0/0')
    input.clientAddress.trustedProxies.push('0.0.0.0/0')
    input.clientAddress.source = 'x-forwarded-for'
    input.optOutCookie.value = '1'
    input.include.length = 0
    expect(settings).toMatchObject(before)
  })

  test('the result is frozen all through, but for provider, logger and functions', () => {
    const cacheProvider = createMemoryProvider()
    const logger = { debug() {}, info() {}, warn() {}, error() {} }
    const when = () => true
    const settings = resolveSettings({
      snippets: [{ ...SNIPPET, when } as never, { ...SNIPPET, name: 'b', when: ['/a'] } as never],
      cacheProvider,
      logger,
    })
    const frozen: unknown[] = []
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null || value === cacheProvider || value === logger) return
      expect([value, Object.isFrozen(value)]).toEqual([value, true])
      frozen.push(value)
      Object.values(value).forEach(walk)
    }
    walk(settings)
    expect(frozen.length).toBeGreaterThanOrEqual(11)
    expect(settings.cacheProvider).toBe(cacheProvider)
    for (const owned of [cacheProvider, logger, when]) expect(Object.isFrozen(owned)).toBe(false)
  })

  test('two results share nothing that one of them could change', () => {
    expect(resolveSettings().include).not.toBe(resolveSettings().include)
  })
})

describe('createFacsimile', () => {
  test('refuses a wrong address, naming list, entry and remedy', () => {
    expect(() => createFacsimile({ allowedAddresses: ['192.0.2.1', '75.125.82.64/33'] })).toThrow(
      expect.objectContaining({
        code: 'ADDRESS_INVALID',
        message: expect.stringMatching(/^allowedAddresses\[1\] is "75\.125\.82\.64\/33".*write/),
      }),
    )
    expect(() => createFacsimile({ clientAddress: { trustedProxies: ['proxy.example'] } })).toThrow(
      expect.objectContaining({
        code: 'ADDRESS_INVALID',
        message: expect.stringContaining('clientAddress.trustedProxies[0]'),
      }),
    )
  })

  test.each(['memory', 'nosuch://h', 'memory:x', 'file:', ''])(
    'refuses the location %j before anything is started',
    (location) => {
      expect(() => createFacsimile({ cacheProvider: location })).toThrow(
        expect.objectContaining({
          code: 'LOCATION_INVALID',
          message: expect.stringContaining('write memory:'),
        }),
      )
      expect(process.getActiveResourcesInfo().filter((name) => name.startsWith('FSReq'))).toEqual([])
    },
  )

  test('warns where pages can be stored and nobody can come for them', () => {
    const warnings: string[] = []
    const nothing = () => undefined
    const logger = {
      debug: nothing,
      info: nothing,
      error: nothing,
      warn: (_: object, message: string) => void warnings.push(message),
    }
    createFacsimile({ logger })
    expect(warnings).toEqual([
      explain('refused', 'allowlist-empty'),
      expect.stringContaining(explain('found', 'fetch-url-missing')),
    ])
    const carrying = { name: 'a', html: '%FetchUrl%', placement: 'body-end' } as const
    const complete = { logger, allowedAddresses: ['192.0.2.1'], snippets: [carrying] }
    warnings.length = 0
    createFacsimile(complete)
    createFacsimile({ ...complete, fetchUrl: 'https://s1.example/facsimile?t=%CacheToken%' })
    createFacsimile({ logger, disableCache: true })
    expect(warnings).toEqual([])
    createFacsimile({ ...complete, fetchUrl: 'https://s1.example/elsewhere?t=%CacheToken%' })
    expect(warnings).toEqual([explain('found', 'fetch-url-elsewhere')])
    createFacsimile({ ...complete, disableFilter: true })
    expect(warnings[1]).toContain(explain('found', 'fetch-url-missing'))
    createFacsimile({ ...complete, allowedAddresses: ['0.0.0.0/0'] })
    expect(warnings[2]).toBe(explain('found', 'allowlist-wide'))
  })
})

// What a failing Redis is called, and what the owner of the server can do about it.
import { isNativeError } from 'node:util/types'
import { FacsimileError, toError } from '../../errors.js'

/** What was tried when it failed. */
interface RedisAttempt {
  /** Such as `store a page`. */
  readonly what: string
  /** Where Redis is, without user or password. */
  readonly server: string
  readonly timeoutMs: number
  /** The command may have been sent: so it may have been carried out. */
  readonly sent: boolean
}

interface Diagnosis {
  readonly happened: string
  readonly remedy: string
}

const WRONG_PASSWORD: Diagnosis = {
  happened: 'it refuses the user or the password',
  remedy: 'Put the right ones into the location, percent-encoded, or into the options of your client.',
}
const WAIT_FOR_CLUSTER: Diagnosis = {
  happened: 'its cluster does not serve these keys now',
  remedy: 'See CLUSTER INFO; it is tried again by itself.',
}

/** By the first word of an error reply. */
const REPLIES: Readonly<Record<string, Diagnosis>> = {
  NOAUTH: {
    happened: 'it asks for a password and was given none',
    remedy: 'Put user and password into the location: redis://user:password@host.',
  },
  WRONGPASS: WRONG_PASSWORD,
  NOPERM: {
    happened: 'its user may not run that command or touch that key',
    remedy: 'Allow it +set +get +getdel +del +pexpire +ping +select +info and the keys with the prefix (~prefix*).',
  },
  READONLY: {
    happened: 'it is a read-only replica',
    remedy: 'Name the primary, or the Sentinels that know it; after a failover it is found again by itself.',
  },
  OOM: {
    happened: 'its memory is full and it may evict nothing',
    remedy: 'Raise its maxmemory, set maxmemory-policy volatile-ttl, or lower maxCachedSeconds.',
  },
  LOADING: { happened: 'it is still loading its data', remedy: 'Wait; it is tried again by itself.' },
  MASTERDOWN: {
    happened: 'it is a replica that has lost its primary',
    remedy: 'Name the primary, or the Sentinels that know it.',
  },
  CLUSTERDOWN: WAIT_FOR_CLUSTER,
  TRYAGAIN: WAIT_FOR_CLUSTER,
  MOVED: {
    happened: 'it is one node of a Redis Cluster',
    remedy: 'Pass a client instead of a location: { client: new Cluster(nodes) } of ioredis.',
  },
  MISCONF: {
    happened: 'it cannot write to its disk and refuses to store',
    remedy: 'See its log; free some disk, or switch its snapshots off.',
  },
  NOREPLICAS: {
    happened: 'it has too few replicas and refuses to store',
    remedy: 'See to its replicas, or lower min-replicas-to-write.',
  },
  BUSY: { happened: 'a script occupies it', remedy: 'End the script with SCRIPT KILL.' },
}

/** By the code of a system error. */
const SYSTEM_ERRORS: Readonly<Record<string, Diagnosis>> = {
  ECONNREFUSED: {
    happened: 'nothing accepts connections there (ECONNREFUSED)',
    remedy: 'See that Redis runs and that host and port are right.',
  },
  ENOTFOUND: { happened: 'its host name is unknown (ENOTFOUND)', remedy: 'See that the name is right and in the DNS.' },
  EAI_AGAIN: {
    happened: 'its host name could not be looked up (EAI_AGAIN)',
    remedy: 'See that this machine reaches its DNS server.',
  },
  EHOSTUNREACH: {
    happened: 'no way leads to that host (EHOSTUNREACH)',
    remedy: 'See to the network and its firewalls.',
  },
  ENETUNREACH: {
    happened: 'no way leads to that network (ENETUNREACH)',
    remedy: 'See to the network and its firewalls.',
  },
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME/
const TLS_TROUBLE = /SSL|TLS|EPROTO/
const CUT =
  /connection is closed|max retries per request|aborted due to connection close|socket timeout|^write |^read /i
const NOT_SENT = /isn't writeable/i
const TIMED_OUT = /command timed out|etimedout/i

/** `error` as `PROVIDER_FAILED` or `PROVIDER_TIMEOUT`, with what happened and a remedy; other errors of our own stay as they are. */
export function redisFailure(attempt: RedisAttempt, thrown: unknown): FacsimileError {
  const timedOut = isTimeout(thrown)
  if (thrown instanceof FacsimileError && !timedOut) return thrown
  const error = withoutSecrets(thrown)
  const { happened, remedy } = timedOut ? diagnoseSilence(attempt) : diagnose(attempt, error)
  const { what, server } = attempt
  const sentence = `The redis cache provider could not ${what} at ${server}: ${happened}. ${remedy}`
  return new FacsimileError(timedOut ? 'PROVIDER_TIMEOUT' : 'PROVIDER_FAILED', sentence, { cause: error })
}

/** Whether the server answered with an error reply of this first word, such as `WRONGTYPE`. */
export function isErrorReply(thrown: unknown, word: string): boolean {
  return isNativeError(thrown) && thrown.message.startsWith(`${word} `)
}

/** Whether the server does not know the command, which Redis says in different words since version 5. */
export function isUnknownCommand(thrown: unknown): boolean {
  return isNativeError(thrown) && /^ERR unknown command/i.test(thrown.message)
}

function isTimeout(thrown: unknown): boolean {
  if (thrown instanceof FacsimileError) return thrown.code === 'PROVIDER_TIMEOUT'
  return isNativeError(thrown) && TIMED_OUT.test(thrown.message)
}

function diagnoseSilence({ sent, timeoutMs }: RedisAttempt): Diagnosis {
  if (!sent) {
    return {
      happened: 'no connection was ready in time',
      remedy:
        'See that nothing blocks the way there, that Redis is neither frozen nor still loading its data, and that rediss: is written for TLS only.',
    }
  }
  return {
    happened: `no answer came within ${timeoutMs} ms, so nobody knows whether it was done`,
    remedy: 'See whether Redis is frozen, overloaded or cut off, or raise timeoutMs.',
  }
}

function diagnose({ sent }: RedisAttempt, error: Error & { code?: unknown }): Diagnosis {
  const { message } = error
  const code = typeof error.code === 'string' ? error.code : ''
  // Before the replies: what a Sentinel answered is quoted in it.
  if (/sentinels are unreachable/i.test(message)) {
    return {
      happened: `no Sentinel named a server (${quote(message)})`,
      remedy:
        'See that the Sentinels run and that the master name is the one in their sentinel.conf; where they ask for a password, pass a client.',
    }
  }
  const reply = REPLIES[/\b([A-Z]{3,})\b/.exec(message)?.[1] ?? '']
  if (reply) return { ...reply, happened: `${reply.happened} (${quote(message)})` }
  if (/invalid password|invalid username/i.test(message)) return WRONG_PASSWORD
  if (/DB index|SELECT is not allowed/i.test(message)) {
    return {
      happened: `it has no such database (${quote(message)})`,
      remedy: 'Name another one at the end of the location.',
    }
  }
  const system = SYSTEM_ERRORS[code]
  if (system) return system
  if (CERTIFICATE.test(code)) {
    return {
      happened: `its certificate is not to be trusted (${code}: ${quote(message)})`,
      remedy: 'Name the host as in the certificate; let NODE_EXTRA_CA_CERTS name the file of your own authority.',
    }
  }
  if (TLS_TROUBLE.test(code)) {
    return { happened: `no TLS connection came about (${code})`, remedy: 'Write redis: for a server without TLS.' }
  }
  if (CUT.test(message) || code === 'ECONNRESET' || code === 'EPIPE') return diagnoseCut(sent)
  if (NOT_SENT.test(message)) return diagnoseCut(false)
  return { happened: quote(message) || error.name, remedy: 'See the log of Redis.' }
}

function diagnoseCut(sent: boolean): Diagnosis {
  return {
    happened: sent
      ? 'the connection was cut before an answer came, so nobody knows whether it was done'
      : 'the connection was closed before it could be used',
    remedy: 'See the log of Redis and what lies between; it is tried again by itself.',
  }
}

/** On one line, cut to a readable length, and without the full stop at its end. */
function quote(message: string): string {
  return message
    .replace(/\s+/g, ' ')
    .slice(0, 160)
    .replace(/[. ]+$/, '')
}

/**
 * A copy to hand on: the driver's error carries the command with its arguments, which are tokens, pages and passwords,
 * and for an unknown command Redis repeats them in its message.
 */
function withoutSecrets(thrown: unknown): Error {
  const error: Error & { code?: unknown } = toError(thrown)
  const copy: Error & { code?: unknown } = new Error(error.message.replace(/,? with args beginning with.*$/is, ''))
  copy.name = error.name
  if (error.code !== undefined) copy.code = error.code
  if (error.stack !== undefined) copy.stack = error.stack.replace(error.message, copy.message)
  return copy
}

// The demo's settings from environment variables: PORT, TRACKER_PORT and HOST.
import { DemoError } from './demo-error.js'

export interface DemoAddress {
  /** Port of the shop; 0 lets the system choose. */
  readonly port: number
  /** Port of the tracking service; 0 lets the system choose. */
  readonly trackerPort: number
  /** Name or address to listen on. */
  readonly host: string
}

const DEFAULT_PORT = 3000
const MAX_PORT = 65_535

/**
 * Reads `PORT` (default 3000), `TRACKER_PORT` (default: the port after the shop's) and `HOST` (default 127.0.0.1: the
 * demo is for this machine only). An empty variable counts as absent. Throws a DemoError with code `PORT_INVALID`.
 */
export function readAddress(env: Readonly<Record<string, string | undefined>>): DemoAddress {
  const port = readPort('PORT', env['PORT']) ?? DEFAULT_PORT
  return {
    port,
    trackerPort: readPort('TRACKER_PORT', env['TRACKER_PORT']) ?? portAfter(port),
    host: env['HOST'] || '127.0.0.1',
  }
}

function readPort(name: string, value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined
  const port = Number(value)
  if (/^\d{1,5}$/.test(value) && port <= MAX_PORT) return port
  throw new DemoError(
    'PORT_INVALID',
    `${name} is ${JSON.stringify(value)}, which is no port. Use a whole number from 0 to ${MAX_PORT}, for example: ${name}=3010 npm start`,
  )
}

function portAfter(port: number): number {
  if (port === 0) return 0
  if (port < MAX_PORT) return port + 1
  throw new DemoError(
    'PORT_INVALID',
    `PORT is ${port}, the last one there is, and Replay desk wants the port after it. Choose one for it: TRACKER_PORT=3001 PORT=${port} npm start`,
  )
}

// An HTTP client over a bare socket: it sends what the test writes and shows how the answer was framed, byte for byte.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const DEADLINE_MS = 10_000

type Framing = 'none' | 'length' | 'chunked' | 'close'

export interface RawResponse {
  readonly status: number
  readonly reason: string
  /** Every header line in its order, names as sent. */
  readonly lines: readonly (readonly [name: string, value: string])[]
  readonly framing: Framing
  readonly body: Buffer
  /** The body's chunks, where it came in chunks. */
  readonly chunks: readonly Buffer[]
  /** Exactly what came, from the status line on. */
  readonly wire: Buffer
  /** The values of one header, joined by a comma; `undefined` when it is missing. */
  header(name: string): string | undefined
}

export interface RawRequest {
  readonly method?: string
  readonly path?: string
  readonly version?: '1.0' | '1.1'
  readonly headers?: Readonly<Record<string, string>>
}

/** The text of a request without a body. */
export function requestText({ method = 'GET', path = '/', version = '1.1', headers = {} }: RawRequest = {}): string {
  const lines = Object.entries({ Host: 'site.example', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/${version}\r\n${lines.join('')}\r\n`
}

/** Opens a connection, asks once, and fails when more bytes came than the answer has. */
export async function fetchRaw(port: number, request: RawRequest = {}): Promise<RawResponse> {
  const connection = await openConnection(port)
  try {
    const response = await connection.ask(request)
    if (connection.unread.length > 0) {
      throw new Error(`After the answer came ${JSON.stringify(connection.unread.toString('latin1'))}.`)
    }
    return response
  } finally {
    connection.destroy()
  }
}

export interface Connection {
  readonly socket: Socket
  /** What came and belongs to no answer that has been read. */
  readonly unread: Buffer
  send(text: string): void
  /** Sends a request and reads its answer. */
  ask(request?: RawRequest): Promise<RawResponse>
  /** Reads the next answer; rejects when the connection ends within it. */
  read(method?: string): Promise<RawResponse>
  /** Resolves with all that came when `text` is part of it. */
  readUntil(text: string): Promise<string>
  /** Resolves with all that came, once the server has closed the connection. */
  readToEnd(): Promise<Buffer>
  destroy(): void
}

export async function openConnection(port: number): Promise<Connection> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return new RawConnection(socket)
}

class RawConnection implements Connection {
  readonly socket: Socket
  unread: Buffer = Buffer.alloc(0)
  /** What the answer that is being read consists of. */
  readonly #taken: Buffer[] = []
  #ended = false
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (data) => {
      this.unread = Buffer.concat([this.unread, data])
      this.#wake?.()
    })
    // A reset is an end as well: tests tell by what came before it.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#ended = true
      this.#wake?.()
    })
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  ask(request: RawRequest = {}): Promise<RawResponse> {
    this.send(requestText(request))
    return this.read(request.method)
  }

  async read(method = 'GET'): Promise<RawResponse> {
    const head = (await this.#takeThrough('\r\n\r\n')).toString('latin1')
    const [statusLine = '', ...rest] = head.slice(0, -4).split('\r\n')
    const [, status = '', reason = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine) ?? []
    const lines = rest.map((line) => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon), line.slice(colon + 2)] as const
    })
    const header = (name: string) => {
      const values = lines.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
      return values.length === 0 ? undefined : values.join(', ')
    }
    const framing = framingOf(Number(status), method, header)
    const chunks = await this.#takeBody(framing, Number(header('content-length')))
    const body = Buffer.concat(chunks)
    return {
      status: Number(status),
      reason,
      lines,
      framing,
      body,
      chunks: framing === 'chunked' ? chunks : [],
      wire: Buffer.concat(this.#taken.splice(0)),
      header,
    }
  }

  async readUntil(text: string): Promise<string> {
    while (!this.unread.includes(text)) await this.#more(`waiting for ${JSON.stringify(text)}`)
    return this.unread.toString('latin1')
  }

  async readToEnd(): Promise<Buffer> {
    while (!this.#ended) await this.#more('waiting for the end')
    return this.unread
  }

  destroy(): void {
    this.socket.destroy()
  }

  async #takeBody(framing: Framing, length: number): Promise<Buffer[]> {
    if (framing === 'none') return []
    if (framing === 'length') return [await this.#take(length)]
    if (framing === 'close') {
      await this.readToEnd()
      return [await this.#take(this.unread.length)]
    }
    const chunks: Buffer[] = []
    for (;;) {
      const size = (await this.#takeThrough('\r\n')).toString('latin1').trimEnd()
      if (!/^[0-9a-f]+$/i.test(size)) throw new Error(`A chunk begins with ${JSON.stringify(size)}, which is no size.`)
      const chunk = await this.#take(parseInt(size, 16))
      await this.#takeThrough('\r\n')
      if (chunk.length === 0) return chunks
      chunks.push(chunk)
    }
  }

  async #takeThrough(text: string): Promise<Buffer> {
    while (!this.unread.includes(text)) {
      if (this.#ended)
        throw new Error(`The connection ended; left is ${JSON.stringify(this.unread.toString('latin1'))}.`)
      await this.#more(`waiting for ${JSON.stringify(text)}`)
    }
    return this.#take(this.unread.indexOf(text) + text.length)
  }

  async #take(bytes: number): Promise<Buffer> {
    while (this.unread.length < bytes) {
      if (this.#ended) throw new Error(`The connection ended ${bytes - this.unread.length} bytes too early.`)
      await this.#more(`waiting for ${bytes} bytes, have ${this.unread.length}`)
    }
    const taken = this.unread.subarray(0, bytes)
    this.unread = this.unread.subarray(bytes)
    this.#taken.push(taken)
    return taken
  }

  async #more(what: string): Promise<void> {
    if (this.#ended) throw new Error(`The connection ended while ${what}.`)
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${DEADLINE_MS} ms passed while ${what}.`)), DEADLINE_MS)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
    })
  }
}

/** How the length of the body is told (RFC 9112, 6.3). */
function framingOf(status: number, method: string, header: (name: string) => string | undefined): Framing {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none'
  const coding = header('transfer-encoding')
  const length = header('content-length')
  if (coding !== undefined && length !== undefined) throw new Error('The answer has both framings.')
  if (coding !== undefined) return 'chunked'
  if (length === undefined) return 'close'
  if (!/^\d+$/.test(length)) throw new Error(`Content-Length is ${JSON.stringify(length)}.`)
  return 'length'
}

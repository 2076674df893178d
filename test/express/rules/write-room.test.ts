// Rule 9 where Node has less room than 64 KiB: what write() answers to an application that writes a long page.
import { createServer, type ServerResponse } from 'node:http'
import { getDefaultHighWaterMark } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { fetchRaw } from '../../support/raw-http.js'
import { createTestFacsimile, listenUntilTheEnd, withSnippets } from '../../support/filtered-site.js'

const CHUNK = `<p>${'x'.repeat(16 * 1024 - 7)}</p>`
const HEAD = '<!doctype html><html><head></head><body>'
const CHUNKS = 24

interface Writer {
  /** Called before each chunk but the first. */
  readonly work?: () => void
  readonly highWaterMark?: number
  readonly contentType?: string
  /** Between the filter and Node. */
  readonly outside?: (res: ServerResponse) => void
}

/** What write() answered, turn by turn, to an application that waits for `drain` whenever it is told to. */
async function answersTo({ work, highWaterMark, contentType = 'text/html; charset=utf-8', outside }: Writer = {}) {
  const turns: boolean[][] = [[]]
  const { middleware } = createTestFacsimile()
  let drains = 0
  const handler = (res: ServerResponse) => {
    res.setHeader('Content-Type', contentType)
    let written = 0
    const writeOn = () => {
      while (written < CHUNKS) {
        if (written > 0) work?.()
        const hasRoom = res.write(written++ === 0 ? HEAD + CHUNK : CHUNK)
        turns.at(-1)!.push(hasRoom)
        if (hasRoom) continue
        turns.push([])
        return void res.once('drain', () => {
          drains++
          writeOn()
        })
      }
      res.end('</body></html>')
    }
    writeOn()
  }
  const server = createServer({ ...(highWaterMark === undefined ? {} : { highWaterMark }) }, (req, res) => {
    outside?.(res)
    middleware(req, res, () => handler(res))
  })
  const { port } = await listenUntilTheEnd(server)
  const { body } = await fetchRaw(port)
  const page = `${HEAD}${CHUNK.repeat(CHUNKS)}</body></html>`
  expect(body.toString()).toBe(contentType.startsWith('text/html') ? withSnippets(page) : page)
  return { turns, drains, refusals: turns.flat().filter((hasRoom) => !hasRoom).length }
}

const NODES_ROOM = getDefaultHighWaterMark(false)

describe('rule 9: an application that writes quickly', () => {
  test('waits after what it writes first, and then after each 64 KiB', async () => {
    const { turns, drains, refusals } = await answersTo()
    // Node 20 has it wait after each chunk, Node 22 after four of them.
    expect(turns[0]).toHaveLength(NODES_ROOM / (16 * 1024))
    const whole = turns.slice(1, -1)
    expect(whole.length).toBeGreaterThan(2)
    for (const turn of whole) expect(turn.length).toBeLessThanOrEqual(4)
    // A pause of the machine within a turn ends it early.
    expect(whole.filter((turn) => turn.length === 4).length).toBeGreaterThan(whole.length / 2)
    expect(drains).toBe(refusals)
  })

  test('lets bytes go where it takes its time over them', async () => {
    const { turns } = await answersTo({ work: () => busyFor(4) })
    // The second chunk of a turn comes too late.
    for (const turn of turns) expect(turn.length).toBeLessThanOrEqual(Math.max(2, NODES_ROOM / (16 * 1024)))
  })

  test('is answered as Node does where the site has chosen its own room', async () => {
    const { turns } = await answersTo({ highWaterMark: 32 * 1024 })
    for (const turn of turns) expect(turn.length).toBeLessThanOrEqual(2)
  })

  test('is answered as somebody does who stands between, such as a compression that is full', async () => {
    const { turns } = await answersTo({
      outside: (res) => {
        const write = res.write.bind(res) as (...args: unknown[]) => boolean
        res.write = ((...args: unknown[]) => {
          write(...args)
          setImmediate(() => res.emit('drain'))
          return false
        }) as typeof res.write
      },
    })
    for (const turn of turns) expect(turn.length).toBeLessThanOrEqual(1)
  })

  test('is answered as Node does when it writes no page', async () => {
    const { turns } = await answersTo({ contentType: 'text/plain' })
    for (const turn of turns) expect(turn.length).toBeLessThanOrEqual(NODES_ROOM / (16 * 1024))
  })
})

function busyFor(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

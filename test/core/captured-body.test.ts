// The body of a page on its way into a provider's own memory: somebody is always responsible for letting it go.
import { describe, expect, test } from '@jest/globals'
import { CapturedBody, createMemoryProvider, createPageToken, type BodySink } from '@facsimile/core'

const PAGE = Buffer.from('<html><body>Tea</body></html>')
const FACTS = { url: '/', method: 'GET', status: 200, contentType: 'text/html', capturedAt: 0, expiresAt: 1 }

/** A body for a provider whose sink is `sink`, and what becomes of it. */
function captureInto(sink: Partial<BodySink>) {
  const events: string[] = []
  const openSink = () => ({
    add: () => void events.push('add'),
    store: () => void events.push('store'),
    discard: () => void events.push('discard'),
    ...sink,
  })
  return { events, body: new CapturedBody({ ...createMemoryProvider(), openSink }, 1_000) }
}

const throws = () => {
  throw new Error('no memory')
}

describe('the body of a page', () => {
  test('that came in one piece is let go when the sink takes no bytes at its storing', () => {
    const { events, body } = captureInto({ add: throws })
    body.hold(PAGE, true)
    expect(() => body.store(createPageToken(), FACTS, {})).toThrow('no memory')
    body.discard()
    expect(events).toEqual(['discard'])
  })

  test('that came in pieces is let go at the piece that the sink does not take', () => {
    const { events, body } = captureInto({ add: throws })
    body.add(PAGE)
    expect(body.failure).toMatchObject({ message: 'no memory' })
    expect(events).toEqual(['discard'])
  })

  test('that came in pieces is let go at the piece with which it becomes too long', () => {
    const { events, body } = captureInto({})
    body.add(Buffer.alloc(1_000))
    expect([body.tooLarge, events]).toEqual([false, ['add']])
    body.add(Buffer.alloc(1))
    expect([body.tooLarge, events]).toEqual([true, ['add', 'discard']])
  })

  test.each(['one piece', 'pieces'])(
    'that came in %s is the sink’s from its store on, also when that throws',
    (how) => {
      const { events, body } = captureInto({ store: throws })
      if (how === 'pieces') body.add(PAGE)
      else body.hold(PAGE, true)
      expect(() => body.store(createPageToken(), FACTS, {})).toThrow('no memory')
      body.discard()
      expect(events).toEqual(['add'])
    },
  )
})

// Server-sent events for pages that are open: each event of the log, as it happens.
import { isGone, type Request, type Response } from '../http-types.js'
import { sendAnswer, sendHead } from '../own-answer.js'
import { classMethodsOf } from '../response-hooks.js'
import { SAFE, said } from './answers.js'
import type { EventLog, LoggedEvent } from './event-log.js'
import { lineOf } from './events-report.js'

export const EVENT_STREAM = 'text/event-stream; charset=utf-8'

const MAX_STREAMS = 8
const HEARTBEAT_MS = 15_000
/** Whoever reads so slowly is cut off, and comes back by itself. */
const MAX_WAITING_BYTES = 64 * 1024
/** Events wait so long for others: a busy site has hundreds of them in a second, and its visitors come first. */
const GATHERING_MS = 200
/** The browser comes back after it. */
const RETRY_MS = 3_000

export interface EventStreams {
  /** Answers with a stream, from what came after the request's Last-Event-ID on; 503 when there are eight. */
  open(req: Request, res: Response): void
  /** Ends all of them. Browsers come back, and are asked who they are once more. */
  closeAll(): void
}

export function createEventStreams(log: EventLog): EventStreams {
  const open = new Set<() => void>()

  function start(req: Request, res: Response): void {
    const { write, end } = classMethodsOf(res)
    const send = (text: string) => {
      if (res.writableLength > MAX_WAITING_BYTES) res.destroy()
      else write.call(res, text)
    }
    let sentId = lastIdOf(req, log)
    let gathering: NodeJS.Timeout | undefined
    /** What the log has forgotten meanwhile, the page will not miss: it shows what the log has. */
    const sendNews = () => {
      gathering = undefined
      const news = log.after(sentId)
      sentId = news.at(-1)?.id ?? sentId
      if (news.length > 0) send(news.map(messageOf).join(''))
    }
    const stop = () => {
      open.delete(stop)
      unsubscribe()
      clearInterval(heartbeat)
      clearTimeout(gathering)
      end.call(res)
    }
    sendHead(res, 200, {
      ...SAFE,
      'Content-Type': EVENT_STREAM,
      'X-Accel-Buffering': 'no',
    })
    send(`retry: ${RETRY_MS}\n\n`)
    sendNews()
    const unsubscribe = log.subscribe(() => (gathering ??= setTimeout(sendNews, GATHERING_MS).unref()))
    const heartbeat = setInterval(() => send(':\n\n'), HEARTBEAT_MS).unref()
    open.add(stop)
    res.once('close', stop)
  }

  return {
    open(req, res) {
      // Nobody would tell when it ends: it has ended.
      if (isGone(res)) return
      if (open.size < MAX_STREAMS) start(req, res)
      else sendAnswer(res, said(503, 'Too many pages hear the events already.', { 'Retry-After': 60 }))
    },
    closeAll() {
      open.forEach((stop) => stop())
    },
  }
}

/** A page that has just been loaded knows all there was; one of before a restart of the server knows nothing. */
function lastIdOf({ headers }: Request, log: EventLog): number {
  const latest = log.after(0).at(-1)?.id ?? 0
  const id = headers['last-event-id']
  if (typeof id !== 'string' || !/^\d{1,15}$/.test(id)) return latest
  return Number(id) > latest ? 0 : Number(id)
}

/** In JSON no line can end, so that no event can forge another one. */
function messageOf(entry: LoggedEvent): string {
  return `id: ${entry.id}\ndata: ${JSON.stringify(lineOf(entry))}\n\n`
}

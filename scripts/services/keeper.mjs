// Talks to a keeper process: one throw-away folder, one program at a time, and nothing of either left afterwards.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { folderPrefix, unprivilegedUser } from './unprivileged-user.mjs'
import { withDeadline } from './deadline.mjs'

const ANSWER_DEADLINE_MS = 10_000

/**
 * `{ folder, run(command, args), send(signal), close() }`. `run` resolves to `{ pid, ended }` once the program runs;
 * `ended` is a promise of `{ status, signal }`. `close` kills what still runs, removes the folder and resolves after that.
 */
export async function openKeeper() {
  const owner = unprivilegedUser()
  const settings = JSON.stringify({ prefix: folderPrefix(owner), owner })
  const keeper = fork(new URL('./keeper-process.mjs', import.meta.url), [settings], {
    // Away from our group: Ctrl-C is for us, and the keeper learns of it by our end.
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = once(keeper, 'exit')
  const waiting = []
  let announceEnd
  keeper.on('message', (message) => {
    if (message.ended) announceEnd(message.ended)
    else waiting.shift()?.(message)
  })
  // A server that somebody forgot to stop must not keep this process from ending.
  keeper.unref()
  keeper.channel.unref()

  const answer = (what) =>
    withDeadline(
      Promise.race([
        new Promise((resolve) => waiting.push(resolve)),
        gone.then(() => ({ failed: 'the keeper ended' })),
      ]),
      ANSWER_DEADLINE_MS,
      what,
    )

  const { folder, failed } = await answer('the keeper of a throw-away server')
  if (failed) throw new Error(`No folder for a throw-away server could be made in ${folderPrefix(owner)}…: ${failed}.`)
  return {
    folder,
    async run(command, args) {
      const ended = new Promise((resolve) => {
        announceEnd = resolve
      })
      keeper.send({ start: { command, args } })
      const { started, failed } = await answer(command)
      if (failed) throw new Error(`${command} could not be run: ${failed}.`)
      return { pid: started, ended }
    },
    send: (signal) => keeper.send({ signal }),
    async close() {
      if (keeper.connected) keeper.disconnect()
      await withDeadline(gone, ANSWER_DEADLINE_MS, 'the end of a throw-away server')
    },
  }
}

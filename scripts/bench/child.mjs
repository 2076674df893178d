// Starts a benchmark server in a process of its own and asks it questions.
import { fork } from 'node:child_process'
import { once } from 'node:events'

const ANSWER_DEADLINE_MS = 15_000

/**
 * A running server: `origin`, `ask(question)` for the questions that server.mjs knows, and `stop()`, which resolves
 * when the process has ended. Rejects when the server does not start.
 */
export async function startServer(variant, { flags = [] } = {}) {
  const child = fork(new URL('./server.mjs', import.meta.url), [variant, ...flags], {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const { port } = await nextMessage(child, variant)
  return {
    variant,
    origin: `http://127.0.0.1:${port}`,
    async ask(question) {
      child.send({ ask: question })
      return (await nextMessage(child, variant)).answer
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

function nextMessage(child, variant) {
  return new Promise((resolve, reject) => {
    const settle = (action, value) => {
      clearTimeout(timer)
      child.off('message', onMessage).off('exit', onExit)
      action(value)
    }
    const onMessage = (message) => settle(resolve, message)
    const onExit = (status) => settle(reject, new Error(`The server of "${variant}" ended with status ${status}.`))
    const onSilence = () =>
      settle(reject, new Error(`The server of "${variant}" did not answer for ${ANSWER_DEADLINE_MS} ms.`))
    const timer = setTimeout(onSilence, ANSWER_DEADLINE_MS)
    child.on('message', onMessage).on('exit', onExit)
  })
}

// Starts the server of the soak in a process of its own, and asks it questions.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { withDeadline } from '../services/deadline.mjs'

const ANSWER_DEADLINE_MS = 60_000
const END_DEADLINE_MS = 15_000

/**
 * `{ port, ask(question, facts?), end(), kill() }`. `end` sends SIGTERM and resolves to `{ status, signal, ms, report }`, where
 * `report` is what the process said last; rejects when the process is still there after 15 seconds.
 */
export async function startServer(settings) {
  const child = fork(new URL('./server.mjs', import.meta.url), [JSON.stringify(settings)], {
    // It keeps its warnings itself, and tells them with its answers.
    execArgv: ['--expose-gc', '--no-warnings'],
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const exit = once(child, 'exit')
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })

  async function answer(what) {
    const message = once(child, 'message').then(([message]) => message)
    const early = exit.then(([status, signal]) => {
      throw new Error(`The server of the soak ended (${signal ?? status}) in place of ${what}.`)
    })
    return withDeadline(Promise.race([message, early]), ANSWER_DEADLINE_MS, what)
  }

  const { port } = await answer('telling its port')
  return {
    port,
    async ask(question, facts = {}) {
      child.send({ ask: question, ...facts })
      return (await answer(`answering ${JSON.stringify(question)}`)).answer
    },
    async end() {
      const begunAt = performance.now()
      child.kill('SIGTERM')
      const [status, signal] = await withDeadline(exit, END_DEADLINE_MS, 'the end of the server after SIGTERM')
      return { status, signal, ms: performance.now() - begunAt, report: output }
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await exit
    },
  }
}

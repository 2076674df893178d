// Starts a benchmark server in a process of its own and asks it questions.
import { fork } from 'node:child_process'
import { once } from 'node:events'

const ANSWER_DEADLINE_MS = 30_000
/** A process that is being profiled writes its profile before it ends. */
const END_DEADLINE_MS = 30_000

let profiles = 0

/**
 * A running server: `origin`, `ask(question, about)` for the questions that its script knows, and `stop()`, which
 * resolves when the process has ended. Rejects when the server does not start. With a `profileFolder` it leaves a
 * profile of its processor time there.
 */
export async function startServer(variant, { script = './server.mjs', args = [], profileFolder } = {}) {
  const child = fork(new URL(script, import.meta.url), [variant, ...args], {
    env: { ...process.env, NODE_ENV: 'production' },
    execArgv: profileFolder === undefined ? [] : profileFlags(variant, profileFolder),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const { port } = await nextMessage(child, variant)
  return {
    variant,
    port,
    origin: `http://127.0.0.1:${port}`,
    async ask(question, about) {
      child.send({ question, about })
      return (await nextMessage(child, variant)).answer
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const giveUp = setTimeout(() => child.kill('SIGKILL'), END_DEADLINE_MS)
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
      clearTimeout(giveUp)
    },
  }
}

function profileFlags(variant, folder) {
  profiles += 1
  const name = `${String(profiles).padStart(3, '0')}-${variant.replaceAll(/\W+/g, '-')}.cpuprofile`
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}`]
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

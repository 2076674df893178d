// A real Redis that is frozen, or killed and started again, by turns.
import { startRedis } from '../services/redis.mjs'

/**
 * `{ url, rest(), resume(), hang(), stop() }`: `rest` resolves when Redis is well, and it stays so until `resume`; after
 * `hang` it is frozen.
 */
export async function startFlappingRedis(periodMs) {
  const redis = await startRedis()
  let isResting = false
  let isStopped = false
  let number = 0
  let step = Promise.resolve()
  let undo

  async function mend() {
    await undo?.()
    undo = undefined
  }

  async function flap() {
    if (isResting || isStopped) return
    if (undo !== undefined) return mend()
    const isFrozen = number++ % 2 === 0
    await redis.kill(isFrozen ? 'SIGSTOP' : 'SIGKILL')
    undo = isFrozen ? () => redis.kill('SIGCONT') : () => redis.restart()
  }

  const timer = setInterval(() => {
    step = step.then(flap)
  }, periodMs)
  return {
    url: redis.url,
    async rest() {
      isResting = true
      step = step.then(mend)
      await step
    },
    resume() {
      isResting = false
    },
    async hang() {
      await this.rest()
      await redis.kill('SIGSTOP')
    },
    async stop() {
      isStopped = true
      clearInterval(timer)
      await step.catch(() => undefined)
      await redis.stop()
    },
  }
}

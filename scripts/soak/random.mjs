// Chance that a seed decides, so that a run can be had again.

/** Mulberry32: numbers from 0 to just under 1. */
export function createRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of `[choice, share]` pairs, each as often as its share of all. */
export function pick(random, weighted) {
  let rest = random() * weighted.reduce((sum, [, share]) => sum + share, 0)
  for (const [choice, share] of weighted) {
    rest -= share
    if (rest < 0) return choice
  }
  return weighted.at(-1)[0]
}

/** A whole number from `least` to `most`. */
export function between(random, least, most) {
  return least + Math.floor(random() * (most - least + 1))
}

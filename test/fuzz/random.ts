// Random numbers that are the same on every machine, so that a case is told by its seed and its number.

export interface Random {
  /** From `least` to `most`, both included. */
  integer(least: number, most: number): number
  /** True once in `times`. */
  oneIn(times: number): boolean
  pick<Item>(items: readonly Item[]): Item
}

/** The numbers of one case: neighbouring cases have nothing in common. */
export function createRandom(seed: number, number: number): Random {
  let state = mix(seed ^ mix(number))
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    return mix(state) >>> 0
  }
  const integer = (least: number, most: number) => least + (next() % (most - least + 1))
  return {
    integer,
    oneIn: (times) => next() % times === 0,
    pick: (items) => items[integer(0, items.length - 1)]!,
  }
}

/** Spreads every bit over all others (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

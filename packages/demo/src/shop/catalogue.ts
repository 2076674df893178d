// What Lantern & Loom sells.

export interface Product {
  readonly id: string
  readonly name: string
  readonly line: string
  readonly priceCents: number
}

export const CATALOGUE: readonly Product[] = [
  {
    id: 'lantern',
    name: 'Harbour lantern',
    line: 'Blown glass and black iron, for the sill by the sea.',
    priceCents: 4800,
  },
  { id: 'throw', name: 'Tidal throw', line: 'Lambswool in seven blues, woven wide enough for two.', priceCents: 8900 },
  { id: 'moon', name: 'Paper moon', line: 'A shade of mulberry paper that folds flat in June.', priceCents: 3600 },
  { id: 'runner', name: 'Rye-field runner', line: 'Undyed linen for long tables, fringed by hand.', priceCents: 2900 },
  {
    id: 'candles',
    name: 'Six beeswax candles',
    line: 'Eleven hours each, and they smell of August.',
    priceCents: 1400,
  },
  { id: 'loom', name: 'Lap loom', line: 'Beech, with warp for a first scarf already strung.', priceCents: 6400 },
]

export function findProduct(id: string): Product | undefined {
  return CATALOGUE.find((product) => product.id === id)
}

/** 4800 becomes `€48.00`. */
export function formatPrice(cents: number): string {
  return `€${(cents / 100).toFixed(2)}`
}

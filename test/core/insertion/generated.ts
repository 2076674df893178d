// What the properties of the inserter are tried on: pages of tag soup, and sizes of chunks.
import fc from 'fast-check'
import { createCase } from '../../fuzz/fuzz-case.js'

const SEED = 20_261_122

/** One of a million pages that are no XML, and often hardly HTML. */
export const tagSoup: fc.Arbitrary<string> = fc.nat(1_000_000).map((number) => createCase(SEED, number).pieces.join(''))

/** Used over and over; empty for one piece. */
export const chunkSizes: fc.Arbitrary<number[]> = fc.oneof(
  fc.constant<number[]>([1]),
  fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }),
  fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 4 }),
)

// What is no page: a few JSON documents and images, the same bytes for the server and for those who check them.
import { createHash } from 'node:crypto'
import { createImage, createJson } from '../bench/pages.mjs'

const jsons = Array.from({ length: 7 }, (_, number) => createJson().subarray(0, 4_000 * (number + 1)))
const images = Array.from({ length: 7 }, (_, number) => createImage().subarray(0, 2_000 * (number + 1)))
const tags = images.map((image) => `"${createHash('sha256').update(image).digest('hex').slice(0, 16)}"`)

export const jsonOf = (number) => jsons[number]
export const imageOf = (number) => images[number]
/** The entity tag of an image. */
export const tagOf = (number) => tags[number]

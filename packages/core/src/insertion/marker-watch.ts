// Looks for the markers that make snippets needless in a page while it passes, however the page is split.
import { isWhole, type SnippetText } from './snippet-text.js'

type Texts = Readonly<Partial<Record<'headStart' | 'headEnd' | 'bodyStart' | 'bodyEnd', SnippetText | undefined>>>

/** One per page that has snippets with a marker. */
export class MarkerWatch {
  readonly #missing: Set<Buffer>
  /** A marker that began earlier began at most so many bytes ago. */
  readonly #reach: number
  /** The last bytes that were looked at, copied: at most `#reach`. */
  #last: Buffer = Buffer.alloc(0)

  constructor(markers: readonly Buffer[]) {
    this.#missing = new Set(markers)
    this.#reach = Math.max(...markers.map((marker) => marker.length)) - 1
  }

  /** Whether one of the markers that were given, the same object, has been seen. */
  hasSeen(marker: Buffer): boolean {
    return !this.#missing.has(marker)
  }

  /** Takes the next bytes of the page. */
  look(bytes: Buffer): void {
    if (this.#missing.size === 0 || bytes.length === 0) return
    const seam = Buffer.concat([this.#last, bytes.subarray(0, this.#reach)])
    for (const marker of this.#missing) {
      if (seam.includes(marker) || bytes.includes(marker)) this.#missing.delete(marker)
    }
    const recent = bytes.length < this.#reach ? seam : bytes
    this.#last = Buffer.from(recent.subarray(Math.max(0, recent.length - this.#reach)))
  }
}

/** `undefined` where no marker is in play, as on nearly every page. */
export function watchFor({ headStart, headEnd, bodyStart, bodyEnd }: Texts): MarkerWatch | undefined {
  if (isWhole(headStart) && isWhole(headEnd) && isWhole(bodyStart) && isWhole(bodyEnd)) return undefined
  const markers = [headStart, headEnd, bodyStart, bodyEnd].flatMap((text) =>
    isWhole(text) ? [] : text.flatMap(({ unlessPageContains }) => unlessPageContains ?? []),
  )
  return new MarkerWatch(markers)
}

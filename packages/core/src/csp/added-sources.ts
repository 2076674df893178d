// Adds sources to a header's policies: to the directive that blocks, and to nothing else.
import { isScriptKind, wordsOf, type ElementKind } from './policy.js'

export interface AddedSource {
  /** Which of the header's policies: its place, over all lines. */
  readonly policy: number
  /** The directive that governs elements of this kind there. */
  readonly directive: string
  readonly kind: ElementKind
  readonly source: string
}

/** Answers the header's lines with the sources added; every other byte stays as it is. */
export function addSources(lines: readonly string[], added: readonly AddedSource[]): readonly string[] {
  let policies = 0
  return lines.map((line) =>
    line
      .split(',')
      .map((text) => {
        const place = policies++
        return editPolicy(
          text,
          added.filter(({ policy }) => policy === place),
        )
      })
      .join(','),
  )
}

function editPolicy(policy: string, added: readonly AddedSource[]): string {
  if (added.length === 0) return policy
  const pieces = policy.split(';')
  const names = pieces.map((piece) => wordsOf(piece)[0]?.toLowerCase())
  for (const directive of new Set(added.map((source) => source.directive))) {
    const at = names.indexOf(directive)
    pieces[at] = editDirective(
      pieces[at] ?? '',
      directive,
      added.filter((source) => source.directive === directive),
    )
  }
  return pieces.join(';')
}

/** `default-src` governs much else: a directive of its own, with the same sources, is put behind it. */
function editDirective(piece: string, directive: string, added: readonly AddedSource[]): string {
  if (directive !== 'default-src') return widen(piece, added)
  const sources = piece.trim().slice(directive.length)
  const edited = [piece]
  for (const [name, isForScript] of [['script-src', true] as const, ['style-src', false] as const]) {
    const wanted = added.filter(({ kind }) => isScriptKind(kind) === isForScript)
    if (wanted.length > 0) edited.push(widen(` ${name}${sources}`, wanted))
  }
  return edited.join(';')
}

function widen(piece: string, added: readonly AddedSource[]): string {
  const [, ...listed] = wordsOf(piece)
  const isNone = listed.length === 1 && listed[0]?.toLowerCase() === "'none'"
  const kept = isNone ? piece.slice(0, piece.indexOf("'")) : piece
  return [kept.trimEnd(), ...new Set(added.map(({ source }) => source))].join(' ')
}

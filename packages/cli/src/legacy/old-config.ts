// The entries of an old configuration, one after the other, as new settings.
import { findSettingsProblems, nearestName, type Snippet } from '@facsimile/core'
import { createStep, type Draft } from './draft.js'
import { OLD_KEYS } from './old-keys.js'
import { addSnippet, translateHtml } from './old-snippets.js'
import type { PhpConfig } from './php-config.js'

interface OldSnippet extends Pick<Snippet, 'placement' | 'html'> {
  readonly key: string
}

/** Adds what `config` becomes to `draft`; `file` is for the notes. */
export function translateConfig(draft: Draft, config: PhpConfig, file: string): void {
  for (const [key, { value, line }] of config) {
    const step = createStep(draft, config, key, value, `${file}:${line}`)
    const known = OLD_KEYS.find(({ name }) => name === key)
    if (known === undefined) step.leave(describeUnknown(key))
    else if (known.placement !== undefined && typeof value === 'string')
      addOldSnippet(draft, { key, placement: known.placement, html: value.trim() }, `${file}:${line}`)
    else if (known.placement !== undefined) step.leave('it is no text, and so no snippet')
    else if (known.translate !== undefined) known.translate(step)
    else step.leave(known.how)
  }
}

function addOldSnippet(draft: Draft, { key, placement, html }: OldSnippet, place: string): void {
  if (html === '') return
  const name = `clicktale-${key}`
  addSnippet(draft, { name, placement, html: translateHtml(draft, html, name, place) }, key, place)
}

function describeUnknown(key: string): string {
  const nearest = nearestName(
    key,
    OLD_KEYS.map(({ name }) => name),
  )
  const why = nearest?.toLowerCase() === key.toLowerCase() ? 'Case counted, so it' : 'It'
  const hint = nearest === undefined ? '' : `: did you mean ${nearest}? ${why} had no effect`
  return `it is no key of the old modules${hint}`
}

/** Takes back what Facsimile would refuse after all, and tells why. */
export function dropUnusable({ settings, unmapped }: Draft): void {
  for (const [setting, value] of Object.entries(settings)) {
    const [problem] = findSettingsProblems({ [setting]: value })
    if (problem === undefined) continue
    Reflect.deleteProperty(settings, setting)
    unmapped.push({ key: setting, text: `it is left out: ${problem}` })
  }
}

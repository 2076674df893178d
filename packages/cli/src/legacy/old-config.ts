// The entries of an old configuration, one after the other, as new settings.
import { findSettingsProblems, nearestName, type Snippet } from '@facsimile/core'
import { createStep, type Draft } from './draft.js'
import { OLD_KEYS } from './old-keys.js'
import { addSnippets, translateHtml } from './old-snippets.js'
import type { PhpConfig } from './php-config.js'

/** Adds what `config` becomes to `draft`; `file` is for the notes. */
export function translateConfig(draft: Draft, config: PhpConfig, file: string): void {
  for (const [key, { value, line }] of config) {
    const step = createStep(draft, config, key, value, `${file}:${line}`)
    const known = OLD_KEYS.find(({ name }) => name === key)
    if (known === undefined) step.leave(describeUnknown(key))
    else if (known.placement !== undefined && typeof value === 'string')
      addSnippet(draft, { name: `clicktale-${key}`, placement: known.placement, html: value.trim() }, `${file}:${line}`)
    else if (known.translate !== undefined) known.translate(step)
    else step.leave(known.how)
  }
}

function addSnippet(draft: Draft, snippet: Snippet, place: string): void {
  if (snippet.html === '') return
  addSnippets(draft, [{ ...snippet, html: translateHtml(draft, snippet.html, snippet.name, place) }])
}

function describeUnknown(key: string): string {
  const nearest = nearestName(
    key,
    OLD_KEYS.map(({ name }) => name),
  )
  const hint = nearest === undefined ? '' : `: did you mean ${nearest}? Case counted, so it had no effect`
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

// Which tests docs/rules.md names for a rule.
const FOLDER = 'test/express/rules'

/** Paths within the project, from the text of docs/rules.md. Throws where it names none. */
export function testsOf(rule, text) {
  const row = new RegExp(String.raw`^\| ${rule} +\|.*$`, 'm').exec(text)
  const sentence = new RegExp(String.raw`\brule ${rule}: [^]*?\)\.`).exec(text)
  const names = [...((row ?? sentence)?.[0] ?? '').matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, name]) => name)
  if (names.length === 0)
    throw new Error(
      `docs/rules.md names no tests for rule ${rule}: name them there, or take the rule out of scripts/break-rules/changes.mjs.`,
    )
  return names.map((name) => (name.includes('/') ? name : `${FOLDER}/${name}`))
}

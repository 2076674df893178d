// `npm run check`: format, lint (with the direction of imports), types, unused code, package manifests.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { prepare, runBin, root } from './prepare.mjs'

prepare()
const step = (name, action) => {
  console.log(`· ${name}`)
  action()
}
step('format', () => runBin('prettier/bin/prettier.cjs', ['--check', '.', '--log-level', 'warn']))
step('lint and import directions', () =>
  runBin('eslint/bin/eslint.js', ['.', '--cache', '--cache-location', 'node_modules/.cache/eslint/']),
)
step('types', () => runBin('@typescript/native/bin/tsc', ['-p', 'test']))
step('unused code', () => runBin('knip/bin/knip.js', ['--no-progress']))
for (const name of readdirSync(join(root, 'packages')).filter((name) => name !== 'demo')) {
  const cwd = join(root, 'packages', name)
  step(`package ${name}`, () => {
    runBin('publint/src/cli.js', ['--strict', cwd])
    if (name !== 'cli')
      runBin('@arethetypeswrong/cli/dist/index.js', [
        '--pack',
        cwd,
        '--profile',
        'esm-only',
        '--format',
        'ascii',
        '--quiet',
      ])
  })
}
console.log('All checks passed.')

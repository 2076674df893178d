// A copy of the project that may be broken: its own sources and tests, the installed packages shared.
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

const NOT_COPIED = new Set(['node_modules', 'dist', 'coverage', '.git'])

/** Answers its folder, and `remove` which takes it away again. */
export function copyProject(root) {
  const folder = mkdtempSync(join(tmpdir(), 'facsimile-rules-'))
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  try {
    cpSync(root, folder, { recursive: true, filter: (path) => path === root || !NOT_COPIED.has(basename(path)) })
    for (const place of placesWithPackages(root))
      symlinkSync(join(root, place, 'node_modules'), join(folder, place, 'node_modules'), 'junction')
  } catch (error) {
    remove()
    throw error
  }
  return { folder, remove }
}

function placesWithPackages(root) {
  const workspaces = readdirSync(join(root, 'packages')).map((name) => join('packages', name))
  return ['', ...workspaces].filter((place) => existsSync(join(root, place, 'node_modules')))
}

// Installs missing servers and browsers on a Debian-like system, when we are root and nobody forbids it.
import { existsSync } from 'node:fs'
import { execute } from './execute.mjs'
import { findProgram, programFolders } from './find-program.mjs'

const UPDATE_TIMEOUT_MS = 180_000
const INSTALL_TIMEOUT_MS = 900_000
const OPTIONS = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0']

/** Why `npm test` must not install anything here; `undefined` when it may. */
export function whyNotInstall(env) {
  if (env.TEST_INSTALL === '0') return 'apt-get forbidden by TEST_INSTALL=0'
  if (!existsSync('/etc/debian_version')) return 'apt-get is for Debian-like systems'
  if (findProgram(['apt-get'], programFolders(env)) === undefined) return 'apt-get not found'
  if (process.getuid?.() !== 0) return 'apt-get needs root, and a user who is not root never has the system changed'
  return undefined
}

/** Installs the packages. Resolves to `undefined`, or to why it did not work. */
export async function install(packages, { env, signal }) {
  const apt = findProgram(['apt-get'], programFolders(env))
  const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' }
  const update = await execute(apt, ['update', ...OPTIONS], { timeoutMs: UPDATE_TIMEOUT_MS, env: quiet, signal })
  if (!update.succeeded) return `apt-get update: ${update.reason}`
  const args = ['install', '-y', '--no-install-recommends', ...OPTIONS, ...packages]
  const result = await execute(apt, args, { timeoutMs: INSTALL_TIMEOUT_MS, env: quiet, signal })
  return result.succeeded ? undefined : `apt-get install: ${result.reason}`
}

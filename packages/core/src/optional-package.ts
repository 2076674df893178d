// Loads a package that need not be installed, when somebody asks for what needs it.
import { createRequire } from 'node:module'
import { FacsimileError } from './errors.js'

/**
 * The exports of the CommonJS package `name`, as the module with the URL `from` sees it. Throws `PACKAGE_MISSING`, with
 * the name of the package, when it cannot be loaded.
 */
export function loadOptionalPackage(name: string, from: string, neededBy: string): unknown {
  try {
    return createRequire(from)(name)
  } catch (error) {
    throw new FacsimileError(
      'PACKAGE_MISSING',
      `${neededBy} needs the package ${name}, which could not be loaded: run npm install ${name}.`,
      { cause: error },
    )
  }
}

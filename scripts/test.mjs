// `npm test`: installs and builds where needed, then runs jest with whatever arguments follow `--`.
import { prepare, run, root } from './prepare.mjs'
import { join } from 'node:path'

prepare()
run(process.execPath, [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(root, 'node_modules/jest/bin/jest.js'),
  ...process.argv.slice(2),
])

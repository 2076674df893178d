// `npm start`: installs and builds where needed, then serves the demo.
import { prepare } from './prepare.mjs'

prepare()
await import('../packages/demo/dist/main.js')

// The demo as a module, for tests and for whoever wants to start it from code.
export { createDemo, type Demo, type DemoSettings } from './demo.js'
export { DemoError, type DemoErrorCode } from './demo-error.js'

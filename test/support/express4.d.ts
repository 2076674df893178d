// Express 4 is installed under another name beside Express 5; what the tests use of it is the same.
declare module 'express4' {
  export { default } from 'express'
}

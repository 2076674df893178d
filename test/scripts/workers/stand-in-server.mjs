// Passes for a redis-server or mariadbd as far as their starters look: it listens, says who it is, and leaves its
// process number in the folder `pids` beside itself.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

const [name, ...args] = process.argv.slice(2)
const VERSION = '99.1.2-MariaDB'

if (args.includes('--version')) {
  console.log(`${name}  Ver ${VERSION}`)
  process.exit(0)
}
writeFileSync(join(import.meta.dirname, 'pids', String(process.pid)), name)
const port = Number(/--port[ =](\d+)/.exec(args.join(' '))[1])
createServer((socket) => {
  // A caller that hangs up in the middle is none of this server's business.
  socket.on('error', () => socket.destroy())
  if (name === 'mariadbd') socket.write(greeting())
  else socket.on('data', () => socket.write(info()))
}).listen(port, '127.0.0.1')

function greeting() {
  const payload = Buffer.from(`\x0a5.5.5-${VERSION}\0`, 'latin1')
  return Buffer.concat([Buffer.from([payload.length, 0, 0, 0]), payload])
}

function info() {
  const text = `# Server\r\nredis_version:99.3.4\r\nprocess_id:${process.pid}\r\n`
  return `$${text.length}\r\n${text}\r\n`
}

// Two fresh servers that are measured by turns: bare Express and the same application behind a filter.
import { startServer } from './child.mjs'

/** Calls `measure({ bare, [name]: … })` and stops both servers whatever happens. */
export async function withPair(name, { profileFolder }, measure) {
  const servers = {}
  try {
    for (const member of ['bare', name]) servers[member] = await startServer(member, { profileFolder })
    return await measure(servers)
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()))
  }
}

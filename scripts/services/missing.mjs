// What to say when the servers that tests need could not be had: what was looked for, and the ways out.

/** `missing` are `{ title, attempts }`, one for each server; `attempts` are the reasons, in the order of the tries. */
export function explainMissing(missing) {
  const titles = missing.map(({ title }) => title).join(' and ')
  const tries = missing.map(
    ({ title, attempts }) => `  ${title}:\n${attempts.map((attempt) => `    · ${attempt}`).join('\n')}`,
  )
  return `The tests of the stores need real servers, Redis and MySQL or MariaDB; ${titles} could not be had.
${tries.join('\n')}
Do one of:
  - give servers: REDIS_URL=redis://127.0.0.1:6379 MYSQL_URL=mysql://user:password@127.0.0.1:3306/test npm test
  - install them; on Debian or Ubuntu: sudo apt-get install redis-server mariadb-server-core mariadb-client-core
    (as root, npm test does that itself unless TEST_INSTALL=0)
  - start Docker, then npm test
  - run only the tests that need no server: npm run test:unit`
}

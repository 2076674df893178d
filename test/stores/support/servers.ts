// The addresses of the real servers that `npm test` brings up for the tests of the stores.

/** `redis://127.0.0.1:…` of a running Redis; others use it too, so keep to a key prefix and never flush it. */
export function redisUrl(): string {
  return requireVariable('TEST_REDIS_URL')
}

/** `mysql://user:password@127.0.0.1:…/database` of a running MariaDB or MySQL; the database is the tests' own. */
export function mysqlUrl(): string {
  return requireVariable('TEST_MYSQL_URL')
}

function requireVariable(name: string): string {
  const value = process.env[name]
  if (value !== undefined && value !== '') return value
  throw new Error(
    `${name} is not set, so this test has no server. Run it as \`npm test -- <path>\`, which brings servers up, ` +
      'or leave the tests of the stores out with `npm run test:unit`.',
  )
}

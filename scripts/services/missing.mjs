// What to say when the servers and programs that tests need could not be had: what was looked for, and the ways out.

/**
 * `missing` are `{ service, title, attempts }`, one for each server or program; `attempts` are the reasons, in the order
 * of the tries.
 */
export function explainMissing(missing) {
  const services = missing.map(({ service }) => service)
  const titles = missing.map(({ title }) => title).join(' and ')
  const tries = missing.map(
    ({ title, attempts }) => `  ${title}:\n${attempts.map((attempt) => `    · ${attempt}`).join('\n')}`,
  )
  const given = services.map(({ variable, example }) => `${variable}=${example}`).join(' ')
  const packages = services.flatMap((service) => service.packages).join(' ')
  const container = services.some((service) => service.startContainer) ? '\n  - start Docker, then npm test' : ''
  return `These tests need real servers, proxies and a browser; ${titles} could not be had.
${tries.join('\n')}
Do one of:
  - say where: ${given} npm test
  - install what is missing; on Debian or Ubuntu: sudo apt-get install ${packages}
    (as root, npm test does that itself unless TEST_INSTALL=0)${container}
  - run only the tests that need neither: npm run test:unit`
}

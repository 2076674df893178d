// Tests run the TypeScript sources as ES modules; swc strips the types, `npm run check` proves them.
export default {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.m?ts$': [
      '@swc/jest',
      { sourceMaps: 'inline', jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: {
    '^@facsimile/core/(memory|file|redis|mysql)$': '<rootDir>/packages/core/src/providers/$1-provider.ts',
    '^@facsimile/core/at-rest$': '<rootDir>/packages/core/src/at-rest/index.ts',
    '^@facsimile/core/testing$': '<rootDir>/packages/core/src/testing/index.ts',
    '^@facsimile/express/(metrics|telemetry)$': '<rootDir>/packages/express/src/$1/index.ts',
    '^@facsimile/(core|express|demo)$': '<rootDir>/packages/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/packages/[^/]+/dist/'],
  testTimeout: 30_000,
  // Jest would leave one processor idle. Most tests wait for others, and no two share what they change.
  maxWorkers: '100%',
  reporters: ['default', '<rootDir>/test/support/tally-reporter.mjs'],
  coverageProvider: 'v8',
  collectCoverageFrom: ['packages/{core,express,cli}/src/**/*.ts'],
  coverageReporters: ['text', 'lcovonly'],
  coverageThreshold: {
    './packages/core/src/': { lines: 90 },
    './packages/express/src/': { lines: 90 },
  },
}

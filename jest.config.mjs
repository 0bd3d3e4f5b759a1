/** @type {import('jest').Config} */
export default {
  roots: ['<rootDir>/apps', '<rootDir>/libs'],
  testRegex: '\\.spec\\.ts$',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testEnvironmentOptions: {
    customExportConditions: ['source', 'node', 'node-addons'],
  },
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: {
            syntax: 'typescript',
            decorators: true,
          },
          transform: {
            legacyDecorator: true,
            decoratorMetadata: true,
            useDefineForClassFields: false,
          },
          keepClassNames: true,
        },
        module: {
          type: 'es6',
        },
      },
    ],
  },
  // A busy machine is no broken build: what hangs is found out, what is slow is not.
  testTimeout: 60_000,
  // Much of the time goes into waiting for processes that tests have started; jest alone would take one core of two, and two
  // that wait leave a core idle.
  maxWorkers: 3,
  // Modules of a test file stay in its process for good: one that has run thirty files collects garbage most of the time.
  workerIdleMemoryLimit: '500MB',
  globalSetup: '<rootDir>/infra/jest/run.mjs',
  testSequencer: '<rootDir>/infra/jest/longest-first.mjs',
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
};

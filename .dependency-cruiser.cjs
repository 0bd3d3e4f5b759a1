/**
 * Who may import whom: the rules of docs/architecture.md, kept by a tool.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const lib = (name) => `^libs/${name}/`;
const driver = (name, modules, home) => ({
  name: `one-home-for-${name}`,
  comment: `The ${name} driver is imported in exactly one place; everything else goes through that door.`,
  severity: 'error',
  from: { pathNot: [home, '/testing/', '\\.spec\\.ts$', '/test/', '^apps/bench/'] },
  to: { path: modules },
});
// A role suffix says what a file does besides computing; a file without one is pure.
const ROLE = '\\.(controller|interceptor|projection|queries|messages|module|command|job|registry)\\.ts$';

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '(^|/)main\\.ts$'] },
      to: {},
    },
    {
      name: 'not-to-dev-dep',
      severity: 'error',
      from: { path: '^(apps|libs)/[^/]+/src', pathNot: ['\\.spec\\.ts$', '^apps/bench/'] },
      to: { dependencyTypes: ['npm-dev'], pathNot: ['^node_modules/@types/'] },
    },
    {
      name: 'no-undeclared',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
    {
      name: 'apps-do-not-import-apps',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    { name: 'libs-do-not-import-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'enter-libs-by-index',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: {
        path: '^libs/[^/]+/(src|testing)/',
        pathNot: ['^libs/$1/', '^libs/[^/]+/(src/(index|http)|testing/index)\\.ts$'],
      },
    },
    {
      name: 'enter-libs-by-index-from-apps',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: '^libs/[^/]+/(src|testing)/', pathNot: '^libs/[^/]+/(src/(index|http)|testing/index)\\.ts$' },
    },
    {
      name: 'only-http-loads-nest',
      comment:
        'What serves HTTP is behind a library’s http.ts; whoever enters by its index.ts does not wait for Nest to load.',
      severity: 'error',
      from: { path: '^libs/[^/]+/src/index\\.ts$' },
      to: { path: 'node_modules/(@nestjs|fastify|@fastify)/', reachable: true },
    },
    {
      name: 'testing-is-for-tests',
      severity: 'error',
      from: { path: '/src/', pathNot: ['\\.spec\\.ts$', '^apps/bench/'] },
      to: { path: '^libs/[^/]+/testing/' },
    },
    {
      name: 'eventstore-node-imports-nothing-of-ours',
      severity: 'error',
      from: { path: lib('eventstore-node') },
      to: { path: '^libs/', pathNot: lib('eventstore-node') },
    },
    {
      name: 'platform-imports-nothing-of-ours',
      severity: 'error',
      from: { path: lib('platform') + 'src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/', pathNot: lib('platform') },
    },
    {
      name: 'event-sourcing-imports-platform-only',
      severity: 'error',
      from: { path: lib('event-sourcing') + 'src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/', pathNot: [lib('event-sourcing'), lib('platform')] },
    },
    {
      name: 'ledger-imports',
      severity: 'error',
      from: { path: lib('ledger') + 'src/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^libs/',
        pathNot: [lib('ledger'), lib('bill-documents'), lib('event-sourcing'), lib('contracts'), lib('platform')],
      },
    },
    {
      name: 'bill-documents-import-nothing-of-ours',
      severity: 'error',
      from: { path: lib('bill-documents') + 'src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/', pathNot: lib('bill-documents') },
    },
    {
      name: 'bank-files-import-nothing-of-ours',
      severity: 'error',
      from: { path: lib('bank-files') + 'src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/', pathNot: lib('bank-files') },
    },
    {
      name: 'contracts-import-nothing-of-ours',
      severity: 'error',
      from: { path: lib('contracts') + 'src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/', pathNot: lib('contracts') },
    },
    {
      name: 'messaging-imports',
      severity: 'error',
      from: { path: lib('messaging') + 'src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/', pathNot: [lib('messaging'), lib('event-sourcing'), lib('contracts'), lib('platform')] },
    },
    {
      name: 'gateways-imports',
      comment:
        'Adapters of the gateway that the ledger asks for: they know its port and settings, and nothing else of ours.',
      severity: 'error',
      from: { path: lib('gateways') + 'src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/', pathNot: [lib('gateways'), lib('ledger'), lib('platform')] },
    },
    {
      name: 'simulation-imports',
      comment: 'A simulation lives a biller by the ordinary commands and jobs: it knows them all, and nobody knows it.',
      severity: 'error',
      from: { path: lib('simulation') + 'src/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^libs/',
        pathNot: [
          ...[lib('simulation'), lib('ledger'), lib('gateways')],
          ...[lib('event-sourcing'), lib('eventstore-node'), lib('platform')],
        ],
      },
    },
    {
      name: 'backup-imports',
      severity: 'error',
      from: { path: lib('backup') + 'src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/', pathNot: [lib('backup'), lib('event-sourcing'), lib('eventstore-node'), lib('platform')] },
    },
    {
      name: 'consumers-do-not-import-the-ledger',
      comment: 'Notifications and fraud monitoring know the ledger by its public messages only.',
      severity: 'error',
      from: { path: '^libs/(notifications|fraud)/src/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^libs/',
        pathNot: ['^libs/$1/', lib('messaging'), lib('event-sourcing'), lib('contracts'), lib('platform')],
      },
    },
    {
      name: 'audit-imports',
      severity: 'error',
      from: { path: lib('audit') + 'src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/', pathNot: [lib('audit'), lib('event-sourcing'), lib('platform')] },
    },
    {
      name: 'audit-pure-files-stay-pure',
      comment: 'As in the ledger, with the hashes and signatures of node:crypto besides.',
      severity: 'error',
      from: { path: '^libs/audit/src/.+/', pathNot: [ROLE, '\\.spec\\.ts$'] },
      to: {
        pathNot: [
          lib('audit') + 'src/',
          '^libs/event-sourcing/src/index\\.ts$',
          'node_modules/zod/',
          '^node_modules/zod',
          '^(node:)?crypto$',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'pure-files-stay-pure',
      comment:
        'In the ledger and in fraud monitoring a file without a role suffix has no Nest, no I/O and no clock: only other pure files, zod, decimal.js and types.',
      severity: 'error',
      from: { path: '^libs/(ledger|fraud)/src/.+/', pathNot: [ROLE, '\\.spec\\.ts$'] },
      to: {
        pathNot: [
          '^libs/$1/src/',
          '^libs/event-sourcing/src/index\\.ts$',
          '^libs/contracts/src/index\\.ts$',
          'node_modules/(zod|decimal\\.js)/',
          '^node_modules/(zod|decimal\\.js)',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'pure-files-do-not-import-roles',
      severity: 'error',
      from: { path: '^libs/(ledger|fraud|audit)/src/.+/', pathNot: [ROLE, '\\.spec\\.ts$'] },
      to: { path: ROLE },
    },
    driver(
      'EventStoreDB',
      '@kurrent/kurrentdb-client',
      '^libs/(event-sourcing/src/event-store(-bytes|-requests)?\\.ts|eventstore-node/)',
    ),
    driver('PostgreSQL', 'node_modules/(pg|@electric-sql/pglite)/', '^libs/platform/src/postgres'),
    driver('Kafka', 'node_modules/kafkajs/', '^libs/platform/src/kafka/'),
    driver('SMTP', 'node_modules/nodemailer/', '^libs/notifications/src/channels/'),
    driver('LiquidJS', 'node_modules/liquidjs/', '^libs/notifications/src/templates/'),
    driver('Argon2', 'node_modules/@node-rs/argon2/', '^libs/platform/src/personal-data/'),
    driver('Stripe', 'node_modules/stripe/', '^libs/gateways/src/stripe/'),
    driver('PDF', 'node_modules/pdfkit/', '^libs/bill-documents/src/layout/'),
    driver('lmdb', 'node_modules/lmdb/', '^libs/eventstore-node/'),
    driver('saxes', 'node_modules/saxes/', '^libs/bank-files/src/camt/'),
    driver('decimal.js', 'node_modules/decimal\\.js/', '^libs/ledger/src/money/'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|data)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['source', 'import', 'node', 'default'] },
  },
};

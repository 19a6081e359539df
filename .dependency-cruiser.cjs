// Who may import whom (docs/adr/0002). The same table stands in each package's tsconfig references and package.json.
const allowed = {
  protocol: [],
  sqlite: [],
  'plugin-api': [],
  kernel: ['plugin-api', 'protocol'],
  services: ['plugin-api', 'kernel', 'protocol', 'sqlite'],
  testing: ['plugin-api', 'kernel', 'services', 'wizard', 'protocol', 'sqlite'],
  sdk: ['plugin-api', 'testing'],
  'create-plugin': [],
  wizard: ['plugin-api'],
  agent: ['plugin-api', 'kernel', 'services', 'wizard', 'protocol', 'sqlite'],
  hub: ['protocol', 'sqlite'],
  dashboard: ['protocol'],
};

const packageRules = Object.entries(allowed).map(([name, deps]) => ({
  name: `${name}-imports-only-${deps.join('+') || 'nothing'}`,
  severity: 'error',
  from: { path: `^packages/${name}/` },
  to: { path: '^(packages|plugins|examples|test)/', pathNot: `^packages/(${[name, ...deps].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...packageRules,
    {
      name: 'plugins-import-only-the-sdk',
      severity: 'error',
      from: { path: '^plugins/([^/]+)/' },
      to: { path: '^(packages|plugins|examples|test)/', pathNot: '^(packages/sdk/|plugins/$1/)' },
    },
    {
      name: 'examples-are-users',
      severity: 'error',
      from: { path: '^examples/([^/]+)/' },
      to: { path: '^(plugins|examples|test)/', pathNot: '^examples/$1/' },
    },
    {
      name: 'isomorphic-code-stays-isomorphic',
      severity: 'error',
      from: { path: '^packages/(dashboard|protocol)/src/', pathNot: ['^packages/protocol/src/node\\.ts$', '\\.test\\.tsx?$'] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'tsyringe-only-in-the-composition-root',
      severity: 'error',
      from: { pathNot: '^packages/(agent|hub)/src/container\\.ts$' },
      to: { path: 'node_modules/tsyringe/' },
    },
    {
      name: 'services-do-not-import-each-other',
      severity: 'error',
      from: { path: '^packages/services/src/([^/]+)/' },
      to: { path: '^packages/services/src/[^/]+/', pathNot: '^packages/services/src/$1/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared-dependencies-only',
      severity: 'error',
      from: { path: '^(packages|plugins|examples)/[^/]+/src/', pathNot: '\\.test\\.tsx?$' },
      // An optional peer is declared twice, and the tool takes the second place for none.
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    doNotFollow: { path: ['node_modules', '/dist/', '/bundle/'] },
    exclude: { path: ['/bundle/', '^packages/dashboard/build/', '^packages/create-plugin/template/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
    },
  },
};

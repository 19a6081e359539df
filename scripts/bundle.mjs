// What a host runs (docs/adr/0006): one file for kernel and command line, one a plugin, shared chunks, libsql's native part beside them.
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { licencesOf } from './bundle/licences.mjs';
import { standIns } from './bundle/stand-ins.mjs';
import { root } from './setup.mjs';

const out = resolve(process.argv[2] ?? join(root, 'packages/agent/bundle'));
/** How the one file that opens it asks for it. */
const LIBSQL = '("libsql")';
rmSync(out, { recursive: true, force: true });

const plugins = readdirSync(join(root, 'plugins'));
const { metafile, outputFiles } = await build({
  write: false,
  absWorkingDir: root,
  // tsc's output, not the TypeScript: esbuild would drop decorator metadata, should a dependency carry some.
  entryPoints: {
    main: 'packages/agent/dist/main.js',
    // Started by path: the process or thread of one isolated plugin.
    'isolation/plugin-child': 'packages/services/dist/isolation/plugin-child.js',
    ...Object.fromEntries(plugins.map((name) => [`plugins/${name}`, `plugins/${name}/dist/index.js`])),
  },
  outdir: out,
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  metafile: true,
  // The paths of the sources would have the core made of them, and the plugins, which have none, of what tsc wrote: all of it twice.
  tsconfigRaw: {},
  alias: {
    '@peculiar/x509': './node_modules/@peculiar/x509/build/x509.es.js',
  },
  plugins: [standIns],
  banner: { js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
  logLevel: 'warning',
});

const asked = outputFiles.filter(({ text }) => text.includes(LIBSQL));
if (asked.length !== 1 || dirname(asked[0].path) !== out)
  throw new Error(`one file of ${out} was to ask for libsql, and these do: ${asked.map(({ path }) => path).join(', ')}`);
for (const { path, text } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, withoutBuiltinImports(basename(path), text.replace(LIBSQL, '("./libsql.cjs")')));
}
// A file of its own: it asks for its native part as soon as it is read.
const libsql = await build({
  absWorkingDir: root,
  entryPoints: { libsql: 'node_modules/libsql/index.js' },
  outdir: out,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  minify: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  alias: { '@neon-rs/load': './scripts/bundle/native-target.cjs' },
  metafile: true,
  logLevel: 'warning',
});
writeFileSync(
  join(out, 'package.json'),
  `${JSON.stringify({ name: '@stormpulse/agent-bundle', private: true, type: 'module' })}\n`,
);
writeFileSync(join(out, 'LICENSES.txt'), licencesOf({ ...metafile.inputs, ...libsql.metafile.inputs }, root));
copyNative();
cpSync(join(root, 'packages/agent/units'), join(out, 'units'), { recursive: true });
printSizes(metafile.outputs);

/**
 * An `import` of a module of Node's own reads all its exports, getters too: that of `node:tls` makes texts of every root
 * certificate Node knows. `require` reads what is used; it saves 0.4 MB.
 */
function withoutBuiltinImports(file, text) {
  const form = /\bimport(?: ?([\w$]+) ?,?)?(?:\*as ([\w$]+) ?)?(?:\{([^}]*)\})?from"(node:[\w/]+)";/g;
  const required = text.replaceAll(form, (_, whole, namespace, names, module) => {
    const parts = names === undefined ? [] : [`{${names.replaceAll(' as ', ':')}}`];
    const targets = [whole, namespace, ...parts].filter((target) => target !== undefined);
    return `const ${targets.map((target) => `${target}=require("${module}")`).join(',')};`;
  });
  const left = /\bfrom"node:[\w/]+"/.exec(required);
  if (left !== null) throw new Error(`${file} still has an import ${left[0]}, of a form this script does not know`);
  return required;
}

/** What `run` reads at its start counts for the memory of every host; the rest is read when used, or never. */
function printSizes(outputs) {
  const starting = new Set();
  const visit = (name) => {
    if (starting.has(name)) return;
    starting.add(name);
    for (const { path, kind } of outputs[name].imports)
      if (kind === 'import-statement' && outputs[path] !== undefined) visit(path);
  };
  const endsIn = (suffix) => Object.keys(outputs).find((name) => outputs[name].entryPoint?.endsWith(suffix));
  for (const suffix of ['dist/main.js', 'dist/cli/program.js', 'dist/cli/run.js']) visit(endsIn(suffix));
  const kilobytes = (names) => `${Math.round(names.reduce((sum, name) => sum + outputs[name].bytes, 0) / 1024)} KB`;
  const names = Object.keys(outputs);
  const isPlugin = (name) => outputs[name].entryPoint?.startsWith('plugins/') ?? false;
  process.stdout.write(
    `${relative(root, out) || out}: run starts with ${kilobytes([...starting])}; ` +
      `${names
        .filter(isPlugin)
        .map((name) => `${basename(name)} ${kilobytes([name])}`)
        .join(', ')}; ` +
      `on first use ${kilobytes(names.filter((name) => !starting.has(name) && !isPlugin(name)))}\n`,
  );
}

/** libsql's part for this machine: npm installs those of both C libraries, since they do not say which they are for. */
function copyNative() {
  const isGlibc = process.report.getReport().header.glibcVersionRuntime !== undefined;
  for (const name of readdirSync(join(root, 'node_modules/@libsql')))
    if (name.startsWith('linux-') ? name.endsWith('-musl') !== isGlibc : true)
      cpSync(join(root, 'node_modules/@libsql', name), join(out, 'node_modules/@libsql', name), { recursive: true });
}

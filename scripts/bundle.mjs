// What a host runs (docs/adr/0006): one file for kernel and command line, one a plugin, shared chunks, libsql's native part beside them.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { root } from './setup.mjs';

const out = process.argv[2] ?? join(root, 'packages/agent/bundle');
rmSync(out, { recursive: true, force: true });

const plugins = readdirSync(join(root, 'plugins'));
const { metafile } = await build({
  absWorkingDir: root,
  // tsc's output, not the TypeScript: esbuild would drop decorator metadata, should a dependency carry some.
  entryPoints: {
    main: 'packages/agent/dist/main.js',
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
  external: ['libsql'],
  alias: { '@peculiar/x509': './node_modules/@peculiar/x509/build/x509.es.js' },
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  logLevel: 'warning',
});

writeFileSync(join(out, 'package.json'), `${JSON.stringify({ name: '@stormpulse/agent-bundle', private: true, type: 'module' })}\n`);
writeFileSync(join(out, 'meta.json'), JSON.stringify(metafile));
copyNative();

const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(out, name)).isFile() && !name.includes('node_modules') && name !== 'meta.json');
const bytes = files.reduce((sum, name) => sum + statSync(join(out, name)).size, 0);
process.stdout.write(`${relative(root, out) || out}: ${files.length} files, ${Math.round(bytes / 1024)} KB of JavaScript, ${plugins.length} plugins\n`);

/** libsql and what it loads, as they are: its loader finds the native part by name. */
function copyNative() {
  const copied = new Set();
  const copy = (name) => {
    if (copied.has(name)) return;
    copied.add(name);
    const from = join(root, 'node_modules', name);
    mkdirSync(join(out, 'node_modules', name), { recursive: true });
    cpSync(from, join(out, 'node_modules', name), { recursive: true });
    for (const next of Object.keys(JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')).dependencies ?? {})) copy(next);
  };
  copy('libsql');
  for (const name of readdirSync(join(root, 'node_modules/@libsql'))) if (!name.endsWith('-musl')) copy(`@libsql/${name}`);
}

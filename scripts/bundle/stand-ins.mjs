// What the bundle reads instead of a part that an agent has no use for: each costs the memory of every host.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Type } from './type-builders.mjs';

/** What is asked for, by which package, null being any; and the file that answers. */
const STAND_INS = [
  { asked: '@sinclair/typebox', by: null, file: 'type-builders.mjs' },
  { asked: 'ws', by: null, file: 'ws-client.mjs' },
  { asked: './permessage-deflate', by: 'ws', file: 'no-compression.cjs' },
  { asked: './transport', by: 'pino', file: 'no-threads.cjs' },
  { asked: './lib/transport', by: 'pino', file: 'no-threads.cjs' },
  // Node's own of these names bring twenty more with them.
  { asked: 'worker_threads', by: 'pino', file: 'main-thread.cjs' },
  { asked: 'assert', by: 'sonic-boom', file: 'assert.cjs' },
];

/** A plugin of esbuild. */
export const standIns = {
  name: 'stand-ins',
  setup(build) {
    for (const { asked, by, file } of STAND_INS) {
      const path = fileURLToPath(new URL(file, import.meta.url));
      const answer = { path, ...(file.endsWith('.mjs') ? { sideEffects: false } : {}) };
      build.onResolve({ filter: new RegExp(`^${asked.replaceAll('.', String.raw`\.`)}$`) }, ({ importer }) =>
        by === null || importer.includes(`/node_modules/${by}/`) ? answer : undefined,
      );
    }
    build.onLoad({ filter: /\/dist\/.*\.js$/ }, ({ path }) =>
      path.includes('/node_modules/') ? undefined : withKnownBuilders(path, readFileSync(path, 'utf8')),
    );
  },
};

function withKnownBuilders(file, contents) {
  const missing = [...contents.matchAll(/\bType\.(\w+)/gu)].filter(([, builder]) => !(builder in Type));
  const errors = missing.map(([use]) => ({
    text: `${use} is not in scripts/bundle/type-builders.mjs; add it there`,
    location: { file },
  }));
  return { contents, errors };
}

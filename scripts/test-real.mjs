import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, build, root, run } from './setup.mjs';

build();
// Once for all: packing makes the bundle in the package's own folder, where two at a time would meet.
const packed = mkdtempSync(join(tmpdir(), 'packed-'));
process.once('exit', () => rmSync(packed, { recursive: true, force: true }));
run(process.execPath, [join(root, 'scripts/pack.mjs'), packed], { stdio: ['ignore', 'ignore', 'inherit'] });
const env = { ...process.env, PACKED_ALREADY: packed };
run(bin('vitest'), ['run', '--config', 'vitest.real.config.ts', ...process.argv.slice(2)], { env });

import { readFileSync } from 'node:fs';
import { conformance } from '@stormpulse/sdk/testing';
import plugin from '../src/index.ts';

const folder = new URL('../', import.meta.url);
const pkg = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { name: string; version: string };

conformance(plugin, { config: {}, pkg, folder, firstParty: false, built: new URL('dist/index.js', folder) });

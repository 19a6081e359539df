import { readFileSync } from 'node:fs';
import { conformance } from '@stormpulse/sdk/testing';
import { parse } from 'smol-toml';
import docker from '../src/index.ts';

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const pkg = JSON.parse(read('package.json')) as { name: string; version: string };

/** The plugin's part of a host's file, as the agent cuts it out. */
function ownPart(file: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { docker: own, project, metrics, agent } = file;
  return { docker: own, project, ...(metrics as object), ...(agent as object) };
}

conformance(docker, {
  config: ownPart(parse(read('config.example.toml'))),
  pkg,
  folder: new URL('../', import.meta.url),
  example: ownPart,
});

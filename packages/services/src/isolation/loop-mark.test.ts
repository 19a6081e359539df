import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Type, definePlugin, handler } from '@stormpulse/plugin-api';
import { definitionOf, recordSetup } from '@stormpulse/plugin-api/internal';
import type { LiveMembers } from '@stormpulse/plugin-api/internal';
import { InAgentPlugin } from './in-agent.ts';
import { inKernel } from './in-kernel.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { openLoopMark, readLoopMark } from './loop-mark.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loop-mark-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (): string => join(folder, 'loop');

test('SEC-207: while the loop is in a plugin, the file names it; before and after it does not', () => {
  const mark = openLoopMark(file());
  expect(readLoopMark(file())).toEqual({ open: [] });
  mark.within('outer', () => {
    mark.within('inner', () => expect(readLoopMark(file())).toEqual({ in: 'inner', open: [] }));
    expect(readLoopMark(file())).toEqual({ in: 'outer', open: [] });
  });
  expect(readLoopMark(file())).toEqual({ open: [] });
  expect(() =>
    mark.within('outer', () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(readLoopMark(file())).toEqual({ open: [] });
  mark.close();
});

test('a call that answers later is open until then, and a closed mark names nobody', async () => {
  const mark = openLoopMark(file());
  let answer = (): void => undefined;
  const call = mark.within('slow', () => new Promise<void>((resolve) => (answer = resolve)));
  expect(readLoopMark(file())).toEqual({ open: ['slow'] });
  answer();
  await call;
  await Promise.resolve();
  expect(readLoopMark(file())).toEqual({ open: [] });
  void mark.within('slow', () => new Promise(() => undefined));
  mark.close();
  expect(readLoopMark(file())).toEqual({ open: [] });
});

test('a process that is killed in the middle of a plugin leaves its name', () => {
  const module = join(import.meta.dirname, '../../dist/isolation/loop-mark.js');
  const script = `const { openLoopMark } = await import(${JSON.stringify(module)});
openLoopMark(${JSON.stringify(file())}).within('blocker', () => process.kill(process.pid, 'SIGKILL'));`;
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { env: {} });
  expect(signal).toBe('SIGKILL');
  expect(readLoopMark(file())).toEqual({ in: 'blocker', open: [] });
});

test('a file that is not there, or holds anything else, names nobody', () => {
  expect(readLoopMark(file())).toEqual({ open: [] });
  writeFileSync(file(), '../../etc <script> \0');
  expect(readLoopMark(file())).toEqual({ open: [] });
});

test('every function that a plugin of isolation "none" declares is marked, and does what it did', async () => {
  const mark = openLoopMark(file());
  const seen: (string | undefined)[] = [];
  const look = (): void => void seen.push(readLoopMark(file()).in);
  const clock = { now: () => 0, monotonic: () => 0, after: () => () => undefined };
  const quiet = { debug: look, info: look, warn: look, error: look };
  const own = new InAgentPlugin({ plugin: 'third', clock, logger: quiet, limits: DEFAULT_LIMITS });
  const plugin = definePlugin({
    name: 'third',
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'For tests.',
    configSchema: Type.Object({}),
    capabilities: () => ({}),
    setup({ commands, health }) {
      look();
      health.probe({ id: 'p', every: '1m', check: () => Promise.resolve(look()) });
      commands.register(
        handler({
          id: 'run',
          title: 'Run',
          effect: 'read',
          timeout: '1s',
          params: Type.Object({}),
          result: Type.String(),
          run: () => Promise.resolve(look()).then(() => 'ran'),
        }),
      );
    },
  });
  const definition = definitionOf(inKernel('third', plugin, own, mark));
  if (definition === undefined) throw new Error('it is no plugin any more');
  const declared = recordSetup(definition, {}, {
    exec: {},
    http: {},
    logger: {},
    signal: {},
    defer: () => undefined,
  } as unknown as LiveMembers);
  await declared.probes[0]?.check(new AbortController().signal);
  const [command] = declared.commands;
  expect(command?.mode.kind === 'handler' && (await command.mode.run({} as never))).toBe('ran');
  expect(seen).toEqual(['third', 'third', 'third']);
  mark.close();
});

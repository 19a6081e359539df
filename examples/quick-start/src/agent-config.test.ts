import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeAgentConfig } from './agent-config.ts';
import type { AgentFacts } from './agent-config.ts';
import { openStateFolder } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';

let base: string;
let folder: StateFolder;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'agent-config-'));
  folder = await openStateFolder(join(base, 'with a blank'));
  await writeFile(join(folder.credentials, 'pulse-token'), 'pulse\n');
});

afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

const about = (agentId: string, port = 8443, engine = false): AgentFacts => ({
  agentId,
  engine,
  agentsUrl: `https://localhost:${port}`,
  project: undefined,
});
const read = (): Promise<string> => readFile(folder.config, 'utf8');

test('the next start follows the hub to its new port and leaves what a person wrote', async () => {
  await writeAgentConfig(folder, about('web-1'));
  const first = await read();
  expect(first).toContain('\nurl = "wss://localhost:8443/ws/pulse/"\n');
  await appendFile(folder.config, '\n[commands.mine]\n');
  expect(await writeAgentConfig(folder, about('web-1', 9443))).toEqual([]);
  expect(await read()).toBe(`${first.replace(':8443', ':9443')}\n[commands.mine]\n`);
});

test('a file of another agent, or of a folder that moved, is kept and written anew', async () => {
  await writeAgentConfig(folder, about('web-1'));
  const first = await read();
  expect(await writeAgentConfig(folder, about('web-1-2'))).toEqual([
    expect.stringContaining(`it is kept as ${folder.config}.old`),
  ]);
  expect(await readFile(`${folder.config}.old`, 'utf8')).toBe(first);
  expect(await read()).toContain('\nid = "web-1-2"\n');
  await cp(folder.root, join(base, 'moved'), { recursive: true });
  folder = await openStateFolder(join(base, 'moved'));
  expect(await writeAgentConfig(folder, about('web-1-2'))).toEqual([
    expect.stringContaining(`it is kept as ${folder.config}.old`),
  ]);
  expect(await read()).not.toContain('with a blank');
});

test('an engine that appears later comes into the file, which keeps what a person wrote', async () => {
  await writeAgentConfig(folder, about('web-1', 8443, true));
  const withEngine = await read();
  await rm(folder.config);
  await writeAgentConfig(folder, about('web-1'));
  await appendFile(folder.config, '\n[commands.mine]\n');
  expect(await read()).not.toMatch(/^\[docker\]/mu);
  expect(await writeAgentConfig(folder, about('web-1'))).toEqual([]);
  expect(await writeAgentConfig(folder, about('web-1', 8443, true))).toEqual([expect.stringContaining('[docker]')]);
  expect(await read()).toBe(`${withEngine}\n[commands.mine]\n`);
  expect(await writeAgentConfig(folder, about('web-1', 8443, true))).toEqual([]);
});

test.each([
  ['the section, once it was there', true, '[docker]\n'],
  ['the line that waits for an engine', false, /^# No container engine.*\n/mu],
])('who took out %s is not given it again', async (_, engine, part) => {
  await writeAgentConfig(folder, about('web-1', 8443, engine));
  const mine = (await read()).replace(part, '');
  await writeFile(folder.config, mine);
  expect(await writeAgentConfig(folder, about('web-1', 8443, true))).toEqual([]);
  expect(await read()).toBe(mine);
});

import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { stormpulse } from './agent-process.ts';
import { isEngineHere } from './container-engine.ts';
import type { RunResult } from './people-api.ts';
import { run } from './stage.ts';
import type { Stage, Step } from './stage.ts';
import { until } from './until.ts';

/** What the plugins of the agent do on this machine. */
export const PLUGIN_STEPS: readonly Step[] = [
  { title: 'A git project is pulled', show: pulled },
  { title: "This host's containers are listed", show: containers },
  { title: 'The closed hatch lets no shell text of the hub through', show: closed },
  { title: 'Opened on the host, it lets it through; closed, no more', show: opened },
];

const WAIT_MS = 15_000;
const TEXT = { verify_command: 'echo "shell text as $(id -un)"' };

async function pulled(stage: Stage): Promise<string> {
  const { project } = stage;
  if (project === undefined) return 'left out: git is not on this machine';
  const line = `published at ${new Date().toISOString()}`;
  await project.publish(line);
  const result = (await run(stage, 'git_pull', {})).target.result;
  if (result?.success !== true || !(await readFile(project.notes, 'utf8')).includes(line))
    throw new Error(`the project is not as it was published: ${JSON.stringify(result)}`);
  return `${result.stdout.trim().split('\n').at(-1)?.trim() ?? ''}, in ${project.folder}`;
}

async function containers(stage: Stage): Promise<string> {
  if (!(await isEngineHere())) return 'left out: no container engine answers this user here';
  // Whoever took it out meant it.
  if (!/^\[docker\]/mu.test(await readFile(stage.folder.config, 'utf8')))
    return `left out: ${stage.folder.config} has no [docker]; write it there, or start with another --state`;
  const result = (await run(stage, 'docker_list', {})).target.result;
  if (result?.success !== true) throw new Error(`docker_list answered ${JSON.stringify(result)}`);
  const { total } = JSON.parse(result.stdout) as { readonly total?: unknown };
  if (typeof total !== 'number') throw new Error(`docker_list told no total: ${result.stdout.slice(0, 200)}`);
  return `${total}, running or not`;
}

async function closed(stage: Stage): Promise<string> {
  if ((await offered(stage)).includes('run_verify_block'))
    throw new Error('run_verify_block is offered while the hatch is closed');
  return 'the hub is not even offered run_verify_block';
}

async function opened(stage: Stage): Promise<string> {
  const config = stage.folder.config;
  await stormpulse('signoff', 'unseal', '--config', config, '--confirm-hostname', hostname(), '--for', '5m');
  await stage.restartAgent();
  await until('the block being offered', WAIT_MS, async () =>
    (await offered(stage)).includes('run_verify_block') ? true : undefined,
  );
  const before = await block(stage);
  if (before?.success !== true) throw new Error(`the open hatch answered ${JSON.stringify(before)}`);
  await stormpulse('signoff', 'seal', '--config', config);
  const after = await block(stage);
  if (after?.failure_reason !== 'signoff_sealed') throw new Error(`the closed hatch answered ${JSON.stringify(after)}`);
  return `${before.stdout.trim()}; then signoff_sealed, at once`;
}

async function block(stage: Stage): Promise<RunResult | null> {
  return (await run(stage, 'run_verify_block', TEXT, stage.agentId)).target.result;
}

async function offered({ api, agentId }: Stage): Promise<readonly string[]> {
  const { items } = await api.get<{ readonly items: readonly { readonly name: string }[] }>(`/agents/${agentId}/commands`);
  return items.map(({ name }) => name);
}

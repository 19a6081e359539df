import type { Plugin } from '@stormpulse/plugin-api';
import { periodMs } from '@stormpulse/plugin-api';
import { FakeRunner } from '../fakes/runner.ts';
import type { Harness } from '../harness.ts';
import { paramsFor, wireNameOf } from './callable.ts';
import { contribute } from './contributions.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';
import { harnessFor } from './harness-for.ts';

const DEFAULT_TIMEOUT_MS = 5_000;
const WATCH_MS = 120_000;

/** C11: when every process fails, nothing is unhandled, and a plugin that needs them says that it is degraded. */
export async function checkFailures(plugin: Plugin, fixture: ConformanceFixture): Promise<Problems> {
  const { config } = fixture;
  const { capabilities, commands } = contribute(plugin, config);
  const exec = new FakeRunner();
  for (const file of capabilities.exec ?? []) exec.on(file, /.*/u, { exitCode: 70, stderr: 'planted failure' });
  const unhandled: string[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(String(reason));
  process.on('unhandledRejection', onUnhandled);
  const problems: string[] = [];
  const harness = await harnessFor(plugin, fixture, { exec });
  try {
    await harness.advance(WATCH_MS);
    const state = harness.status.plugins.find(({ name }) => name === plugin.name)?.state;
    if (exec.calls.length > 0 && state === 'ready')
      problems.push('every process it ran by itself failed, and it still calls itself ready');
    for (const command of commands) {
      const params = paramsFor(command, fixture);
      if (typeof params === 'string') continue;
      await withinTimeout(harness, harness.call(wireNameOf(plugin.name, command), params), periodMs(command.timeout));
    }
  } finally {
    await harness.close();
    process.off('unhandledRejection', onUnhandled);
  }
  return [...problems, ...unhandled.map((reason) => `a rejection was left unhandled: ${reason}`)];
}

/** C12: a collector whose processes hang is given up, publishes nothing partial, and is asked again. */
export async function checkHanging(plugin: Plugin, fixture: ConformanceFixture): Promise<Problems> {
  const { capabilities, collectors } = contribute(plugin, fixture.config);
  const exec = new FakeRunner();
  for (const file of capabilities.exec ?? []) exec.hold(file, /.*/u);
  const harness = await harnessFor(plugin, fixture, { exec });
  const problems: string[] = [];
  try {
    for (const { id, every, timeout } of collectors) {
      const before = exec.calls.length;
      const periodOf = every === 'push' ? 15_000 : periodMs(every);
      const round = periodOf * 1.5 + (timeout === undefined ? DEFAULT_TIMEOUT_MS : periodMs(timeout));
      await harness.advance(round);
      const asked = exec.calls.length;
      if (asked === before) continue;
      if (harness.state(`${plugin.name}.${id}`) !== undefined && collectors.length === 1)
        problems.push(`collector "${id}" published a state although what it reads hangs`);
      await harness.advance(round);
      if (exec.calls.length === asked) problems.push(`collector "${id}" is not asked again after it hung`);
    }
  } finally {
    await harness.close();
  }
  return problems;
}

/** Lets the played clock run until the call has ended, or its own timeout is long over. */
async function withinTimeout(harness: Harness, call: Promise<unknown>, timeoutMs: number): Promise<void> {
  let isOver = false;
  const over = call.then(() => {
    isOver = true;
  });
  await harness.advance(0);
  if (!isOver) await harness.advance(timeoutMs + 10_000);
  await over;
}

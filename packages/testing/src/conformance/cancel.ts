import type { Plugin } from '@stormpulse/plugin-api';
import { FakeRunner } from '../fakes/runner.ts';
import { paramsFor, wireNameOf } from './callable.ts';
import { contribute } from './contributions.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';
import { harnessFor } from './harness-for.ts';

/** `validation_failed`: a gate denied it meanwhile, and it never began. */
const FITTING: readonly unknown[] = ['cancelled', 'interrupted', 'validation_failed'];
/** What a stopping agent gives running commands before it aborts them. */
const GRACE_MS = 5_000;
const SETTLE_MS = 1_000;

/** C10: a command that runs when the agent stops sees its signal, ends within a second, and is told as cut off. */
export async function checkCancel(plugin: Plugin, fixture: ConformanceFixture): Promise<Problems> {
  const { config } = fixture;
  const { commands, capabilities } = contribute(plugin, config);
  const problems: string[] = [];
  for (const command of commands) {
    const params = paramsFor(command, fixture);
    if (typeof params === 'string') continue;
    const exec = new FakeRunner();
    for (const file of capabilities.exec ?? []) exec.hold(file, /.*/u);
    const harness = await harnessFor(plugin, fixture, { exec });
    let endedAt: number | undefined;
    const call = harness.call(wireNameOf(plugin.name, command), params).then((result) => {
      endedAt = harness.clock.monotonic();
      return result;
    });
    await harness.advance(0);
    const isRunning = endedAt === undefined;
    const stoppedAt = harness.clock.monotonic();
    await harness.close();
    if (!isRunning) continue;
    const closedAt = harness.clock.monotonic();
    // A job that can go on gives no result: the next agent takes it up. That the agent need not wait for it shows that it ended.
    const goesOn = command.mode.kind === 'job' && command.mode.resumable;
    const { failure_reason: reason, success } = goesOn ? { failure_reason: 'interrupted', success: false } : await call;
    const tookMs = (goesOn ? closedAt : (endedAt ?? Infinity)) - stoppedAt;
    if (tookMs > GRACE_MS + SETTLE_MS)
      problems.push(`command "${command.id}" did not end within a second of its signal: pass it on to what it waits for`);
    // What failed before it was aborted has its own reason, and may say so.
    else if (tookMs >= GRACE_MS && !success && !FITTING.includes(reason))
      problems.push(`command "${command.id}" was cut off and says "${reason ?? ''}": let what the signal throws go up`);
  }
  return problems;
}

import type { Plugin } from '@stormpulse/plugin-api';
import { periodMs } from '@stormpulse/plugin-api';
import { paramsFor, wireNameOf } from './callable.ts';
import { contribute } from './contributions.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';
import { harnessFor } from './harness-for.ts';

const MAX_STATE_BYTES = 1024 * 1024;
const SHAPE = /result schema does not allow|returned more than/u;

/** C14: what commands return and collectors publish fits its schema and its size. */
export async function checkResults(plugin: Plugin, fixture: ConformanceFixture): Promise<Problems> {
  const { config } = fixture;
  const { commands, collectors } = contribute(plugin, config);
  const harness = await harnessFor(plugin, fixture);
  const problems: string[] = [];
  try {
    await harness.advance(60_000);
    for (const { id } of collectors) {
      const size = JSON.stringify(harness.state(`${plugin.name}.${id}`) ?? null).length;
      if (size > MAX_STATE_BYTES) problems.push(`the state of "${id}" has ${size} bytes, more than ${MAX_STATE_BYTES}`);
    }
    const shapes = harness.log.filter(({ message }) => message.includes('E_COLLECT_SHAPE'));
    problems.push(...shapes.map(({ message }) => message));
    for (const command of commands) {
      const params = paramsFor(command, fixture);
      if (typeof params === 'string') {
        problems.push(params);
        continue;
      }
      const ended = harness.call(wireNameOf(plugin.name, command), params);
      await harness.advance(periodMs(command.timeout) + 10_000);
      const { stderr, failure_reason } = await ended;
      if (SHAPE.test(stderr)) problems.push(`command "${command.id}": ${stderr}`);
      if (failure_reason === 'validation_failed') problems.push(`command "${command.id}" refuses its own example: ${stderr}`);
    }
  } finally {
    await harness.close();
  }
  return problems;
}

import { isAgentError } from '@stormpulse/plugin-api';
import type { Plugin } from '@stormpulse/plugin-api';
import { contribute, definitionOrThrow } from './contributions.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';
import { harnessFor } from './harness-for.ts';

/** C08: with no grants it fails only with grant errors, and the message contains the TOML to add. */
export async function checkGrants(plugin: Plugin, fixture: ConformanceFixture): Promise<Problems> {
  const { capabilities } = contribute(plugin, fixture.config);
  const asks =
    (capabilities.exec ?? []).length + (capabilities.read ?? []).length + (capabilities.write ?? []).length > 0 ||
    capabilities.commands !== undefined;
  try {
    const harness = await harnessFor(plugin, fixture, { grants: {} });
    await harness.close();
    return asks ? ['it asks for capabilities, yet started without any grant'] : [];
  } catch (error) {
    if (!isAgentError(error) || !error.code.startsWith('E_GRANT_'))
      return [`without grants it failed with ${String(error)}, not with a grant error`];
    const heading = `[plugins.${definitionOrThrow(plugin).name}.grants]`;
    return error.message.includes(heading) ? [] : [`the message of ${error.code} does not contain the TOML to add (${heading})`];
  }
}

/** C09: stop twice, stop right after start: no throw, no timer left. */
export async function checkStop(plugin: Plugin, fixture: ConformanceFixture): Promise<Problems> {
  const harness = await harnessFor(plugin, fixture);
  const problems: string[] = [];
  try {
    await harness.close();
    await harness.close();
  } catch (error) {
    problems.push(`stopping it threw ${String(error)}`);
  }
  const failures = harness.log.filter(({ level, message }) => level === 'error' && message.includes('release'));
  problems.push(...failures.map(({ message }) => `stopping it logged "${message}"`));
  if (harness.clock.pending > 0) problems.push(`${harness.clock.pending} timer(s) left after stop`);
  return problems;
}

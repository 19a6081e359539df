import type { Plugin } from '@stormpulse/plugin-api';
import { periodMs } from '@stormpulse/plugin-api';
import { paramsFor, wireNameOf } from './callable.ts';
import { contribute } from './contributions.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';
import { harnessFor } from './harness-for.ts';

const CANARY = 'canary-0f1e2d3c4b5a';
/** Shorter ones are no secrets to look for: they stand everywhere. */
const MIN_CHARS = 6;

/** C13: no secret of the config or of a call is in a log, result, event, state, argument or manifest. */
export async function checkSecrets(plugin: Plugin, fixture: ConformanceFixture): Promise<Problems> {
  const { config } = fixture;
  const { commands, collectors } = contribute(plugin, config);
  const secrets = Object.fromEntries(secretNames(config).map((name) => [name, CANARY]));
  const given = new Set(Object.keys(secrets).length > 0 ? [CANARY] : []);
  const harness = await harnessFor(plugin, fixture, { secrets });
  try {
    await harness.advance(60_000);
    for (const command of commands) {
      const params = paramsFor(command, fixture);
      if (typeof params === 'string') continue;
      for (const [name, value] of Object.entries(params))
        if (command.params.properties[name]?.['x-secret'] === true && String(value).length >= MIN_CHARS) given.add(String(value));
      const call = harness.call(wireNameOf(plugin.name, command), params);
      await harness.advance(periodMs(command.timeout) + 10_000);
      await call;
    }
    await harness.advance(60_000);
  } finally {
    await harness.close();
  }
  const places: Readonly<Record<string, unknown>> = {
    'the log': harness.log,
    'a result': harness.results,
    'an event': [harness.events, harness.emitted],
    progress: harness.progress,
    'the manifest': harness.manifest,
    'a push': harness.metrics,
    state: collectors.map(({ id }) => harness.state(`${plugin.name}.${id}`)),
    'the arguments of a process': harness.exec.calls.map(({ args }) => args),
  };
  return Object.entries(places)
    .filter(([, what]) => [...given].some((secret) => (JSON.stringify(what) ?? '').includes(secret)))
    .map(([place]) => `a secret is in ${place}`);
}

/** The paths and variables that a config names its secrets by. */
function secretNames(config: unknown): readonly string[] {
  if (typeof config !== 'object' || config === null) return [];
  const { file, env, ...rest } = config as Readonly<Record<string, unknown>>;
  const named = file ?? env;
  if (typeof named === 'string' && Object.keys(rest).length === 0) return [named];
  return Object.values(config).flatMap(secretNames);
}

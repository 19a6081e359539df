import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CommandFailed, Type, collector, definePlugin, handler, job, subprocess, wizard } from '@stormpulse/plugin-api';
import type { Call, Plugin, PluginContext, PluginDefinition, Step, TObject, TSchema } from '@stormpulse/plugin-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifestText, readmeText } from '../documents/documents.ts';
import { CHECKS } from './checks.ts';
import type { ConformanceFixture } from './fixture.ts';

const Config = Type.Object({ greeting: Type.String({ default: 'hello', maxLength: 20, description: 'What it says.' }) });
type Ctx = PluginContext<{ readonly greeting: string }>;
let turn = 0;
let shared: (() => void) | undefined;
const PKG = { name: 'stormpulse-plugin-bell', version: '1.0.0' };
const MARKERS = '<!-- generated from the manifest: begin -->\n<!-- generated from the manifest: end -->\n';
const EXAMPLE = '[plugins.bell]\npackage = "x"\n[plugins.bell.config]\n# What it says.\n# greeting = "hello"\n';

const ring = (params: TObject = Type.Object({ word: Type.String({ pattern: '^[a-z]{1,9}$', examples: ['ding'] }) })) =>
  subprocess({ id: 'ring', title: 'Ring', effect: 'write', timeout: '5s', params, file: '/bin/bell', argv: () => ['ring'] });
const count = (read: (ctx: Ctx, signal: AbortSignal) => Promise<number>, ctx: Ctx) =>
  collector({
    id: 'count',
    every: '30s',
    state: Type.Object({ rings: Type.Integer() }),
    collect: async ({ signal }) => ({ rings: await read(ctx, signal) }),
  });
const asked = async ({ exec }: Ctx, signal: AbortSignal): Promise<number> =>
  (await exec('/bin/bell', ['count'], { signal })).stdout.length;

const say = (
  params: Readonly<Record<string, TSchema>>,
  run: (call: Call<Readonly<Record<string, unknown>>>) => Promise<{ said: string }>,
) =>
  handler({
    id: 'say',
    title: 'Say',
    effect: 'read',
    timeout: '60s',
    params: Type.Object(params),
    result: Type.Object({ said: Type.String() }),
    run,
  });

const good = (ctx: Ctx): void => {
  ctx.commands.register(
    ring(),
    handler({
      id: 'say',
      title: 'Say',
      effect: 'read',
      timeout: '5s',
      params: Type.Object({}),
      result: Type.Object({ said: Type.String() }),
      run: () => Promise.resolve({ said: ctx.config.greeting }),
    }),
  );
  ctx.collectors.register(count(asked, ctx));
};

function bell(setup: (ctx: Ctx) => void, change: Partial<PluginDefinition<typeof Config>> = {}): Plugin {
  return definePlugin<typeof Config>({
    name: 'bell',
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'Rings.',
    configSchema: Config,
    capabilities: () => ({ exec: ['/bin/bell'], commands: 'write' }),
    setup,
    ...change,
  });
}

const withWizard = (steps: () => readonly Step[]) =>
  bell((ctx) => {
    ctx.wizard.register(
      wizard({ title: 'Bell', detect: () => Promise.resolve({}), questions: () => Type.Object({}), plan: steps }),
    );
  });

/** What each check is there to find. */
const OFFENDERS: Readonly<Record<string, readonly [string, Plugin, RegExp]>> = {
  C01: ['another version than its package', bell(good, { version: '2.0.0' }), /package\.json 1\.0\.0/u],
  C02: [
    'a default that its own schema refuses',
    bell(good, { configSchema: Type.Object({ greeting: Type.String({ default: 7, maxLength: 20 }) }) }),
    /default of "greeting"/u,
  ],
  C03: ['a setup that waits', bell(({ exec }) => void exec('/bin/bell', []).catch(() => undefined)), /onStart/u],
  C04: [
    'contributions that change',
    bell(({ commands }) => commands.register({ ...ring(Type.Object({ [`p${(turn += 1)}`]: Type.Boolean() })) })),
    /different things/u,
  ],
  C05: [
    'a command stronger than it asked for',
    bell(good, { capabilities: () => ({ exec: ['/bin/bell'], commands: 'read' }) }),
    /is write/u,
  ],
  C06: [
    'an unbounded parameter',
    bell(({ commands }) => commands.register(ring(Type.Object({ word: Type.String() })))),
    /unbounded/u,
  ],
  C07: [
    'a pattern that takes for ever',
    bell(({ commands }) => commands.register(ring(Type.Object({ word: Type.String({ pattern: '^(a|a)*b$', maxLength: 24 }) })))),
    /exponential time/u,
  ],
  C08: [
    'capabilities that can be asked for once only',
    bell(good, {
      capabilities: () => {
        if ((turn += 1) % 2 === 0) throw new Error('not again');
        return { exec: ['/bin/bell'], commands: 'write' };
      },
    }),
    /not with a grant error/u,
  ],
  C09: [
    'a release that throws',
    bell(({ lifecycle }) =>
      lifecycle.defer(() => {
        throw new Error('stuck');
      }),
    ),
    /release/u,
  ],
  C10: [
    'a command that hears no signal',
    bell(({ commands }) => commands.register(say({}, () => new Promise(() => undefined)))),
    /within a second/u,
  ],
  C11: [
    'trouble that it keeps to itself',
    bell((ctx) => {
      ctx.collectors.register(count((own, signal) => asked(own, signal).catch(() => 0), ctx));
    }),
    /still calls itself ready/u,
  ],
  C12: [
    'a collector that gives up for good',
    bell((ctx) => {
      let isTried = false;
      ctx.collectors.register(
        count(async (own, signal) => {
          if (isTried) return await new Promise<number>(() => undefined);
          isTried = true;
          return await asked(own, signal);
        }, ctx),
      );
    }),
    /not asked again/u,
  ],
  C13: [
    'a secret in what it says',
    bell(({ commands, logger }) =>
      commands.register(
        say(
          { pin: Type.String({ pattern: '^[a-z0-9-]{1,40}$', examples: ['canary-of-a-call'], 'x-secret': true }) },
          ({ params }) => {
            logger.info(`opened with ${String(params['pin'])}`);
            return Promise.resolve({ said: 'open' });
          },
        ),
      ),
    ),
    /a secret is in the log/u,
  ],
  C14: [
    'a result outside its schema',
    bell(({ commands }) =>
      commands.register(
        handler({
          id: 'say',
          title: 'Say',
          effect: 'read',
          timeout: '5s',
          params: Type.Object({}),
          result: Type.Integer(),
          run: () => Promise.resolve('five' as unknown as number),
        }),
      ),
    ),
    /result schema/u,
  ],
  C15: [
    'another default than the example tells',
    bell(good, { configSchema: Type.Object({ greeting: Type.String({ default: 'hi' }) }) }),
    /"hello" by default, it is "hi"/u,
  ],
  C16: [
    'documents of another day',
    bell((ctx) => {
      good(ctx);
      ctx.commands.register({
        ...subprocess({
          id: 'new',
          title: 'New',
          effect: 'read',
          timeout: '5s',
          params: Type.Object({}),
          file: '/bin/bell',
          argv: () => [],
        }),
      });
    }),
    /manifest\.json is not what/u,
  ],
  C17: [
    'one connection for all instances',
    bell((ctx) => {
      ctx.lifecycle.onStart(() => {
        shared ??= () => undefined;
        return Promise.resolve();
      });
      ctx.lifecycle.defer(() => {
        shared = undefined;
      });
      ctx.collectors.register(
        count(() => (shared === undefined ? Promise.reject(new Error('not connected')) : Promise.resolve(1)), ctx),
      );
    }),
    /closing one instance/u,
  ],
  C18: [
    "a wizard that writes the agent's own table",
    withWizard(() => [{ kind: 'config-section', section: 'agent', values: {} }]),
    /expected \[plugins\.bell\.config\] or below/u,
  ],
};

describe('conformance', () => {
  let folder: string;
  let fixture: ConformanceFixture;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'conformance-'));
    const plugin = bell(good);
    writeFileSync(join(folder, 'config.example.toml'), EXAMPLE);
    writeFileSync(join(folder, 'manifest.json'), manifestText(plugin, {}));
    writeFileSync(join(folder, 'README.md'), readmeText(`# Bell\n\n${MARKERS}`, plugin, {}));
    fixture = { config: {}, pkg: PKG, firstParty: false, folder: pathToFileURL(`${folder}/`) };
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.keys(CHECKS))('%s passes a plugin that does nothing wrong', async (id) => {
    expect(await CHECKS[id]?.run(bell(good), fixture)).toEqual([]);
  });

  it.each(Object.keys(CHECKS))('%s finds what it is there to find', async (id) => {
    const [, plugin, told] = OFFENDERS[id] ?? [];
    if (plugin === undefined || told === undefined) throw new Error(`no offender is planted for ${id}`);
    const problems = await CHECKS[id]?.run(plugin, fixture);
    expect(problems?.join('\n')).toMatch(told);
  });

  it('C10 leaves alone what failed by itself before it was aborted', async () => {
    const late = bell(({ commands }) =>
      commands.register(
        say({}, async () => {
          for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          throw CommandFailed({ reason: 'not_found', message: 'there is no bell' });
        }),
      ),
    );
    expect(await CHECKS['C10']?.run(late, fixture)).toEqual([]);
  });

  it.each([
    ['hears its signal', true],
    ['hears nothing', false],
  ])('C10 a job that goes on after a restart has no result; one that %s', async (_, hears) => {
    const going = bell(({ commands }) =>
      commands.register(
        job({
          id: 'peal',
          title: 'Peal',
          effect: 'read',
          timeout: '1h',
          params: Type.Object({}),
          result: Type.Integer(),
          resumable: true,
          run: ({ signal }) =>
            new Promise((_resolve, reject) => {
              if (hears) signal.addEventListener('abort', () => reject(signal.reason as Error));
            }),
        }),
      ),
    );
    const late = expect.stringContaining('did not end within a second') as string;
    expect(await CHECKS['C10']?.run(going, fixture)).toEqual(hears ? [] : [late]);
  });

  it('C17 leaves alone what would not last alone either', async () => {
    const needy = bell((ctx) => {
      ctx.collectors.register(count(() => Promise.reject(new Error('nobody answers')), ctx));
    });
    expect(await CHECKS['C17']?.run(needy, fixture)).toEqual([]);
  });
});

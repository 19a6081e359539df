import { describe, expect, expectTypeOf, it } from 'vitest';
import { option } from './argv.ts';
import { collector } from './collector.ts';
import { handler, subprocess } from './command.ts';
import type { PluginContext } from './context.ts';
import { defineEvent } from './event.ts';
import { investigation } from './investigation.ts';
import { job } from './job.ts';
import { param } from './params/param.ts';
import { Duration } from './period.ts';
import { definePlugin } from './plugin.ts';
import { Type } from './schema.ts';
import type { Infer, TObject } from './schema.ts';
import { SecretParam, SecretRef } from './secret.ts';
import type { Secret } from './secret.ts';
import { wizard } from './wizard.ts';

// What an author wrote once as a schema is a type everywhere else. The errors expected here are those of `tsc`, which
// `npm run check` runs over tests; most of these functions are never called.

const command = { id: 'x', title: 'x', effect: 'write', timeout: '5s' } as const;
const plugin = { name: 'typed', version: '1.0.0', apiVersion: '1.0', description: 'x', capabilities: () => ({}) } as const;

/** Type-checks a setup with the config of this schema. */
function inSetup<const C extends TObject>(configSchema: C, setup: (ctx: PluginContext<Infer<C>>) => void): void {
  expect(definePlugin({ ...plugin, configSchema, setup }).name).toBe('typed');
}

describe('parameters of a handler', () => {
  const params = Type.Object({
    branch: param('git_branch'),
    lines: Type.Optional(Type.Integer()),
    mode: Type.Union([Type.Literal('fast'), Type.Literal('safe')]),
    passphrase: SecretParam(),
  });

  it('have the names and types of their schema; a secret one is a Secret', () => {
    handler({
      ...command,
      params,
      result: Type.Null(),
      serializeBy: (values) => values.branch,
      run: ({ params: values, signal }) => {
        expectTypeOf(values.branch).toEqualTypeOf<string>();
        expectTypeOf(values.lines).toEqualTypeOf<number | undefined>();
        expectTypeOf(values.mode).toEqualTypeOf<'fast' | 'safe'>();
        expectTypeOf(values.passphrase).toEqualTypeOf<Secret>();
        expectTypeOf(values.passphrase.reveal()).toEqualTypeOf<Promise<string>>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        return Promise.resolve(null);
      },
    });
  });

  it('have no other name, and no secret is a text', () => {
    handler({
      ...command,
      params,
      result: Type.String(),
      // @ts-expect-error -- There is no such parameter.
      serializeBy: (values) => values.tag,
      run: ({ params: values }) => {
        // @ts-expect-error -- There is no such parameter.
        void values.brnach;
        // @ts-expect-error -- It has to be revealed.
        const text: string = values.passphrase;
        return Promise.resolve(text);
      },
    });
  });

  it('are said in schemas: an effects, periods and kinds of parameters are closed sets', () => {
    const run = (): Promise<null> => Promise.resolve(null);
    // @ts-expect-error -- No such effect.
    handler({ ...command, effect: 'delete', params, result: Type.Null(), run });
    // @ts-expect-error -- A period has a unit.
    handler({ ...command, timeout: '5', params, result: Type.Null(), run });
    // @ts-expect-error -- No such kind, and nothing is left unchecked for it.
    expect(() => param('git_brnach')).toThrow('git_brnach');
  });
});

describe('a result', () => {
  const base = { ...command, params: Type.Object({}), result: Type.Object({ deleted: Type.Integer() }) };

  it('fits its schema, of a handler and of a job', () => {
    handler({ ...base, run: () => Promise.resolve({ deleted: 1 }) });
    // @ts-expect-error -- A number is asked for.
    handler({ ...base, run: () => Promise.resolve({ deleted: 'one' }) });
    // @ts-expect-error -- The field is missing.
    handler({ ...base, run: () => Promise.resolve({}) });
    // @ts-expect-error -- A number is asked for.
    job({ ...base, run: () => Promise.resolve({ deleted: 'one' }) });
    // @ts-expect-error -- A handler answers with a promise.
    handler({ ...base, run: () => ({ deleted: 1 }) });
  });
});

describe('slots', () => {
  const params = Type.Object({ tag: param('service_name'), lines: Type.Optional(Type.Integer()), key: SecretParam() });
  const base = { ...command, file: '/usr/bin/x', params } as const;

  it('have the names of the parameters, and are placed, never made into text', () => {
    subprocess({ ...base, argv: (slot) => ['--', slot.tag, option('--lines', slot.lines)] });
    // @ts-expect-error -- There is no such parameter.
    expect(() => subprocess({ ...base, argv: (slot) => [slot.tga] })).toThrow();
    // @ts-expect-error -- A slot is no part of a text.
    expect(() => subprocess({ ...base, argv: (slot) => [`--tag=${slot.tag.trim()}`] })).toThrow();
    // @ts-expect-error -- A program is an absolute path.
    expect(() => subprocess({ ...base, file: 'x', argv: () => [] })).toThrow(/absolute/u);
  });

  it('SEC-116: a secret is no part of argv, of whatever form; of stdin and the environment it is', () => {
    // @ts-expect-error -- argv is readable by every user of the host.
    expect(() => subprocess({ ...base, argv: (slot) => [slot.key] })).toThrow(/secret/u);
    // @ts-expect-error -- Nor as the value of an option.
    expect(() => subprocess({ ...base, argv: (slot) => [option('--key', slot.key)] })).toThrow(/secret/u);
    subprocess({ ...base, argv: () => [], stdin: (slot) => slot.key, env: (slot) => ({ KEY: slot.key }) });
    // @ts-expect-error -- Standard input is text: a number is none.
    subprocess({ ...base, argv: () => [], stdin: (slot) => slot.lines });
  });
});

describe('a config', () => {
  it('has a SecretRef as a Secret, a Duration as milliseconds, an optional key as such', () => {
    inSetup(Type.Object({ token: SecretRef(), every: Duration(), url: Type.Optional(Type.String()) }), ({ config }) => {
      expectTypeOf(config).toEqualTypeOf<{ token: Secret; every: number; url?: string }>();
      // @ts-expect-error -- There is no such key.
      void config.evry;
      // @ts-expect-error -- It has to be revealed.
      config.token satisfies string;
    });
  });

  it('is what capabilities depend on, and nothing else', () => {
    definePlugin({
      ...plugin,
      configSchema: Type.Object({ url: Type.String() }),
      capabilities: ({ url }) => ({ http: [url] }),
      setup: () => undefined,
    });
    definePlugin({
      ...plugin,
      configSchema: Type.Object({ url: Type.String() }),
      // @ts-expect-error -- There is no such key.
      capabilities: ({ socket }) => ({ http: [socket] }),
      setup: () => undefined,
    });
    // @ts-expect-error -- No such capability.
    definePlugin({ ...plugin, configSchema: Type.Object({}), capabilities: () => ({ network: true }), setup: () => undefined });
  });
});

describe('the state of a collector', () => {
  const state = Type.Object({ used: Type.Integer(), free: Type.Integer() });
  const base = { id: 'disk', every: '15s', state } as const;
  const collect = (): Promise<{ used: number; free: number }> => Promise.resolve({ used: 1, free: 2 });

  it('is what collect gives, what gauges read, what the handle holds', () => {
    const disk = collector({
      ...base,
      collect: ({ previous }) => {
        expectTypeOf(previous).toEqualTypeOf<{ used: number; free: number } | undefined>();
        return collect();
      },
      gauges: { used: { unit: 'By', help: 'Used.', value: ({ used }) => used } },
      refresh: ({ free }) => `${free} free`,
    });
    inSetup(Type.Object({}), ({ collectors }) => {
      const handle = collectors.register(disk);
      expectTypeOf(handle.current).toEqualTypeOf<{ used: number; free: number } | undefined>();
      expectTypeOf(handle.refresh(['a'])).toEqualTypeOf<Promise<{ used: number; free: number }>>();
    });
  });

  it('is whole, and has no field that the schema does not name', () => {
    // @ts-expect-error -- A field is missing.
    collector({ ...base, collect: () => Promise.resolve({ used: 1 }) });
    // @ts-expect-error -- There is no such field.
    collector({ ...base, collect, gauges: { total: { unit: 'By', help: 'All.', value: ({ total }) => total } } });
    // @ts-expect-error -- A gauge is a number.
    collector({ ...base, collect, gauges: { used: { unit: 'By', help: 'Used.', value: ({ used }) => `${used}` } } });
  });
});

describe('a checkpoint', () => {
  it('has the shape of its schema, when it is saved and when it comes back', () => {
    job({
      ...command,
      params: Type.Object({}),
      result: Type.Null(),
      checkpoint: Type.Object({ page: Type.Integer() }),
      run: async ({ checkpoint, resumedFrom }) => {
        expectTypeOf(resumedFrom).toEqualTypeOf<{ page: number } | undefined>();
        // @ts-expect-error -- A page is a number.
        await checkpoint({ page: 'one' });
        // @ts-expect-error -- A page is asked for.
        await checkpoint({});
        return null;
      },
    });
  });
});

describe('what a plugin tells and keeps', () => {
  const moved = defineEvent('typed.moved', Type.Object({ from: Type.String(), bytes: Type.Integer() }));

  it('events carry the payload of their schema, to listeners too', () => {
    inSetup(Type.Object({}), ({ events }) => {
      events.emit(moved, { from: '/a', bytes: 1 });
      // @ts-expect-error -- Bytes are a number.
      events.emit(moved, { from: '/a', bytes: '1' });
      // @ts-expect-error -- A field is missing.
      events.emit(moved, { from: '/a' });
      events.on(moved, (payload) => {
        expectTypeOf(payload).toEqualTypeOf<{ from: string; bytes: number }>();
      });
      // @ts-expect-error -- There is no such field.
      events.on(moved, ({ to }) => void to);
    });
    // @ts-expect-error -- An event is named after its plugin.
    expect(() => defineEvent('moved', Type.Object({}))).toThrow(/<plugin>/u);
  });

  it('stores keep values of their schema', () => {
    inSetup(Type.Object({}), ({ storage }) => {
      const seen = storage.open('seen', Type.Object({ at: Type.Integer() }));
      expectTypeOf(seen.get('a')).toEqualTypeOf<Promise<{ at: number } | undefined>>();
      void seen.set('a', { at: 1 });
      // @ts-expect-error -- A time is a number.
      void seen.set('a', { at: 'now' });
      // @ts-expect-error -- A value is asked for.
      void seen.set('a', {});
    });
  });

  it('an answer of a peer is what its schema says', () => {
    inSetup(Type.Object({}), ({ http }) => {
      const answer = http.client('http://127.0.0.1:3903').json({ path: '/v2' }, Type.Object({ nodes: Type.Integer() }));
      expectTypeOf(answer).toEqualTypeOf<Promise<{ nodes: number }>>();
      // @ts-expect-error -- The schema is not optional.
      void http.client('http://127.0.0.1:3903').json({ path: '/v2' });
    });
  });
});

describe('a wizard and an investigation', () => {
  it('plan from what was found and answered', () => {
    wizard({
      title: 'x',
      detect: () => Promise.resolve({ socket: '/run/x.sock' }),
      questions: ({ socket }) => Type.Object({ path: Type.String({ default: socket }), watch: Type.Boolean() }),
      plan: ({ detected, answers }) => {
        expectTypeOf(detected).toEqualTypeOf<{ socket: string }>();
        expectTypeOf(answers).toEqualTypeOf<{ path: string; watch: boolean }>();
        // @ts-expect-error -- Nobody asked that.
        void answers.port;
        return [{ kind: 'config-section', section: 'typed', values: { path: answers.path } }];
      },
    });
    wizard({
      title: 'x',
      detect: () => Promise.resolve(null),
      questions: () => Type.Object({}),
      // @ts-expect-error -- The engine knows no such step.
      plan: () => [{ kind: 'shell', script: 'true' }],
    });
  });

  it('judge the evidence that was gathered', () => {
    investigation({
      id: 'x',
      title: 'x',
      gather: () => Promise.resolve({ restarts: 2 }),
      judge: (evidence) => {
        expectTypeOf(evidence).toEqualTypeOf<{ restarts: number }>();
        // @ts-expect-error -- Nobody gathered that.
        void evidence.oomKills;
        return [{ suspect: 'x', verdict: 'CLEARED', evidence: ['no restart'] }];
      },
    });
  });
});

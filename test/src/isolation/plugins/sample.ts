import {
  CommandFailed,
  SecretParam,
  SecretRef,
  Type,
  collector,
  defineEvent,
  definePlugin,
  flag,
  handler,
  investigation,
  job,
  subprocess,
  wizard,
} from '@stormpulse/sdk';

const Word = Type.String({ pattern: '^[a-z]+$', maxLength: 20 });
const Things = Type.Object({ n: Type.Integer(), names: Type.Array(Type.String({ pattern: '^[a-z]+$' })) });
export const ORIGIN = 'http://127.0.0.1:3903';
const counted = defineEvent('sample.counted', Type.Object({ n: Type.Integer() }));
const loud = defineEvent('other.loud', Type.Object({ text: Type.String() }));

/** Uses every member of `ctx` and every kind of contribution; the same in all three modes. */
export default definePlugin({
  name: 'sample',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'For tests.',
  configSchema: Type.Object({ greeting: Type.String({ default: 'hello', maxLength: 40 }), token: SecretRef() }),
  capabilities: () => ({ exec: ['/bin/echo'], http: [ORIGIN], commands: 'write', gate: true }),
  setup({ config, commands, collectors, http, storage, events, logger, health, logs, lifecycle, exec, wizard: wizards, signal }) {
    const store = storage.open('notes', Type.Object({ text: Type.String({ maxLength: 100 }) }));
    const api = http.client(ORIGIN, { headers: async () => ({ authorization: `Bearer ${await config.token.reveal()}` }) });
    let reads = 0;
    let heard = '';
    let started = false;
    const things = collectors.register(
      collector({
        id: 'things',
        every: '1h',
        state: Things,
        collect: async ({ previous, only }) => {
          reads += 1;
          return await Promise.resolve({ n: (previous?.n ?? 0) + 1, names: only === undefined ? ['all'] : [...only] });
        },
        gauges: { 'sample.things': { unit: '{thing}', help: 'Things.', value: (state) => state.n } },
        refresh: (state) => `${state.n} things`,
        detector: { every: '1m', changed: ({ previous }) => Promise.resolve(previous === undefined ? true : [`n${previous.n}`]) },
      }),
    );
    commands.register(
      subprocess({
        id: 'say',
        title: 'Say',
        effect: 'read',
        timeout: '5s',
        params: Type.Object({ word: Word, quiet: Type.Boolean({ default: false }) }),
        file: '/bin/echo',
        argv: (slot) => [flag('-n', slot.quiet), '--', slot.word],
      }),
      handler({
        id: 'greet',
        title: 'Greet',
        effect: 'read',
        timeout: '5s',
        params: Type.Object({ word: Word, times: Type.Integer({ default: 1 }), key: Type.Optional(SecretParam()) }),
        result: Type.Object({ text: Type.String(), key: Type.String(), started: Type.Boolean() }),
        run: async ({ params, log, exec: run, requestId }) => {
          log.info({ requestId }, 'greeting');
          const { stdout } = await run('/bin/echo', [params.word]);
          const key = (await params.key?.reveal()) ?? 'none';
          return { text: `${config.greeting} ${stdout}`.repeat(params.times), key: String(key.length), started };
        },
      }),
      handler({
        id: 'use',
        title: 'Use every service',
        effect: 'write',
        timeout: '5s',
        params: Type.Object({}),
        result: Type.Unknown(),
        run: async () => {
          await store.set('a', { text: 'one' });
          await store.set('b', { text: 'two' });
          const entries: unknown[] = [];
          for await (const entry of store.entries()) entries.push(entry);
          const got = await store.get('a');
          const missing = await store.get('c');
          const deleted = [await store.delete('b'), await store.delete('b')];
          const answer = await api.json({ path: '/v1' }, Type.Object({ ok: Type.Boolean() }));
          let pieces = '';
          await api.stream({ path: '/stream' }, (piece) => {
            pieces += new TextDecoder().decode(piece);
          });
          events.emit(counted, { n: 3 });
          const { stdout } = await exec('/bin/echo', ['x']);
          return {
            entries,
            got,
            missing: missing === undefined,
            deleted,
            answer,
            text: await api.text({ path: '/text' }),
            pieces,
            stdout,
            heard,
          };
        },
      }),
      handler({
        id: 'again',
        title: 'Collect again',
        effect: 'read',
        timeout: '5s',
        params: Type.Object({}),
        result: Type.Unknown(),
        run: async () => ({ fresh: await things.refresh(['x', 'y']), current: things.current, reads }),
      }),
      handler({
        id: 'state',
        title: 'What was read last',
        effect: 'read',
        timeout: '5s',
        params: Type.Object({}),
        result: Type.Array(Type.String()),
        run: () => Promise.resolve(things.current?.names ?? []),
      }),
      handler({
        id: 'changed',
        title: 'Say that a thing changed',
        effect: 'read',
        timeout: '5s',
        params: Type.Object({}),
        result: Type.Null(),
        run: () => {
          things.changed(['hen']);
          return Promise.resolve(null);
        },
      }),
      handler({
        id: 'refuse',
        title: 'Refuse in several ways',
        effect: 'read',
        timeout: '5s',
        params: Type.Object({ how: Word }),
        result: Type.String(),
        run: async ({ params: { how } }) => {
          if (how === 'reason') throw CommandFailed({ reason: 'no_disk', message: 'there is no disk' });
          if (how === 'plain') throw new Error('it broke');
          if (how === 'grant') await exec('/bin/false', []);
          if (how === 'shape') return 7 as unknown as string;
          if (how === 'event') events.emit(counted, { n: 'three' } as never);
          if (how === 'late')
            commands.register(
              subprocess({
                id: 'late',
                title: 'Late',
                effect: 'read',
                timeout: '1s',
                params: Type.Object({}),
                file: '/bin/echo',
                argv: () => [],
              }),
            );
          return await Promise.resolve('"no refusal"');
        },
      }),
      handler({
        id: 'keyed',
        title: 'One at a time by word',
        effect: 'write',
        timeout: '10s',
        params: Type.Object({ word: Word, mark: Word }),
        result: Type.String(),
        serializeBy: ({ word }) => word,
        run: async ({ params: { word, mark } }) => {
          order.push(`+${word}${mark}`);
          for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          order.push(`-${word}${mark}`);
          return order.join(' ');
        },
      }),
      job({
        id: 'count',
        title: 'Count',
        effect: 'write',
        timeout: '1m',
        params: Type.Object({ to: Type.Integer({ maximum: 9 }) }),
        result: Type.Object({ counted: Type.Integer() }),
        checkpoint: Type.Object({ at: Type.Integer() }),
        rereads: [{ collector: 'things', only: ({ to }) => [`upto${to}`.replace(/\d/u, '')] }],
        extras: ({ counted: n }) => ({ doubled: n * 2 }),
        run: async ({ params: { to }, output, progress, checkpoint, resumedFrom }) => {
          output(`to ${to}`);
          output(Buffer.from([0xc3, 0xa9]), 'stderr');
          for (let at = resumedFrom?.at ?? 0; at < to; at += 1) {
            progress({ done: at, total: to, message: 'counting' });
            await checkpoint({ at });
          }
          return { counted: to };
        },
      }),
      job({
        id: 'wait',
        title: 'Wait for the end',
        effect: 'read',
        timeout: '10m',
        params: Type.Object({}),
        result: Type.String(),
        run: async ({ signal: stop, log }) => {
          log.info('waiting');
          await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
          log.info(`ended: ${String(stop.reason)}`);
          return 'ended';
        },
      }),
    );
    commands.gate({
      admit: ({ command }) => Promise.resolve(command === 'sample_hidden' ? { allow: false, reason: 'hidden' } : { allow: true }),
      allow: ({ command, requestId }) =>
        Promise.resolve(requestId.startsWith('held') ? { allow: false, reason: `not ${command}` } : { allow: true }),
    });
    const order: string[] = [];
    health.probe({
      id: 'well',
      every: '1h',
      check: () => (reads > 99 ? Promise.reject(new Error('too many reads')) : Promise.resolve()),
    });
    logs.parser({
      id: 'line',
      parse: (line) => {
        if (line === '') return undefined;
        if (line === 'bad') throw new Error('a bad line');
        return { ts: 1, message: line.toUpperCase() };
      },
    });
    logs.enricher({ parser: 'other.line', enrich: (record) => ({ ...record, fields: { greeting: config.greeting } }) });
    logs.source({
      id: 'lines',
      parser: 'line',
      open: async function* open(from) {
        for (let at = Number(from ?? 0); at < 5; at += 1)
          yield await Promise.resolve({ cursor: String(at + 1), line: `line ${at}` });
      },
    });
    events.on(loud, ({ text }) => {
      heard = text;
    });
    health.investigation(
      investigation({
        id: 'why',
        title: 'Why',
        gather: (window) => Promise.resolve({ reads, since: window.since }),
        judge: ({ since }) => [{ suspect: 'sample', verdict: 'CLEARED', evidence: [`since ${since}`] }],
      }),
    );
    wizards.register(
      wizard({
        title: 'Sample',
        detect: async ({ exists }) => ({ there: await exists('/bin/echo') }),
        questions: ({ there }) => Type.Object({ path: Type.String({ default: there ? '/bin/echo' : '/none' }) }),
        plan: ({ answers }) => [{ kind: 'verify', probe: answers.path }],
      }),
    );
    lifecycle.onStart(async () => {
      started = true;
      await store.set('started', { text: 'yes' });
    });
    lifecycle.defer(async () => {
      await store.set('released', { text: String(signal.aborted) });
    });
    logger.info({ greeting: config.greeting }, 'set up');
  },
});

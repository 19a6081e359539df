import { definePlugin, Type } from '@stormpulse/plugin-api';
import type { LogCatalogue, LogEnricher, LogParser, LogSource, PluginContext } from '@stormpulse/plugin-api';
import { expect, test } from 'vitest';
import { startRig } from '../kernel/agent-fixture.ts';
import { rejection, setStage } from './plugin-stage.ts';

const parser = (id: string): LogParser => ({ id, parse: (line) => ({ ts: 0, message: line }) });
const enricher = (of: string): LogEnricher => ({ parser: of, enrich: (record) => record });
const contribution = expect.objectContaining({ code: 'E_PLUGIN_CONTRIBUTION' }) as unknown;

test('what plugins declare is in the catalogue with their names before it, as long as they are there', async () => {
  await using stage = setStage();
  const caddy = stage.plugin('caddy', { read: ['/var/log/access.log'] });
  const other = stage.plugin('other');
  caddy.contribute({
    parsers: [parser('access')],
    sources: [
      { id: 'access', parser: 'access', file: '/var/log/access.log' },
      { id: 'unit', parser: 'other.json', journalUnit: 'caddy@1.service' },
    ],
  });
  other.contribute({ parsers: [parser('json')], enrichers: [enricher('caddy.access'), enricher('json')] });
  const { sources, parsers, enrichers } = stage.services.logCatalogue();
  expect(sources).toEqual([
    { id: 'caddy.access', parser: 'caddy.access', file: '/var/log/access.log' },
    { id: 'caddy.unit', parser: 'other.json', journalUnit: 'caddy@1.service' },
  ]);
  const parsed = await Promise.all(parsers.map(async ({ id, parse }) => [id, (await parse('x'))?.message]));
  expect(parsed).toEqual([
    ['caddy.access', 'x'],
    ['other.json', 'x'],
  ]);
  expect(enrichers.map((each) => each.parser)).toEqual(['caddy.access', 'other.json']);
  caddy.close();
  expect(stage.services.logCatalogue().sources).toEqual([]);
  expect(stage.services.logCatalogue().parsers.map(({ id }) => id)).toEqual(['other.json']);
});

test('a plugin reads the catalogue with the capability consumeLogs alone: E_GRANT_LOGS', async () => {
  await using stage = setStage();
  stage.plugin('caddy').contribute({ parsers: [parser('access')] });
  const shipping = await stage.plugin('log-shipping', { consumeLogs: true }).logCatalogue();
  expect(shipping.parsers.map(({ id }) => id)).toEqual(['caddy.access']);
  expect(await rejection(stage.plugin('curious').logCatalogue())).toMatchObject({ code: 'E_GRANT_LOGS' });
});

test('SEC-205: the later of two plugins that enrich one parser is refused as a whole, and is free to once the first is gone', async () => {
  await using stage = setStage();
  const garage = stage.plugin('garage');
  garage.contribute({ parsers: [parser('s3')], enrichers: [enricher('s3')] });
  const rival = stage.plugin('rival');
  const declared = { parsers: [parser('mine')], enrichers: [enricher('rival.mine'), enricher('garage.s3')] };
  expect(() => rival.contribute(declared)).toThrow(contribution);
  expect(() => rival.contribute(declared)).toThrow('plugin "garage" enriches it already');
  const { parsers, enrichers } = stage.services.logCatalogue();
  expect([parsers.map(({ id }) => id), enrichers.map((each) => each.parser)]).toEqual([['garage.s3'], ['garage.s3']]);
  garage.close();
  rival.contribute(declared);
  expect(stage.services.logCatalogue().enrichers.map((each) => each.parser)).toEqual(['rival.mine', 'garage.s3']);
});

const file = '/var/log/x' as const;
test.each<[string, { sources?: LogSource[]; parsers?: LogParser[]; enrichers?: LogEnricher[] }, string]>([
  [
    'a source id twice',
    {
      sources: [
        { id: 'a', parser: 'ot.json', file },
        { id: 'a', parser: 'ot.json', file },
      ],
    },
    'used twice',
  ],
  ['a parser id twice', { parsers: [parser('a'), parser('a')] }, 'used twice'],
  ['an enricher twice', { enrichers: [enricher('ot.json'), enricher('ot.json')] }, 'declared twice'],
  ['a parser id with a dot', { parsers: [parser('ot.json')] }, 'an id is'],
  ['a source id that is none', { sources: [{ id: 'A b', parser: 'ot.json', file }] }, 'an id is'],
  ['a parser of its own that it does not have', { sources: [{ id: 'a', parser: 'missing', file }] }, 'has no parser "missing"'],
  ['an enricher of a parser that it does not have', { enrichers: [enricher('demo.missing')] }, 'has no parser "missing"'],
  ['a parser that has no plugin', { sources: [{ id: 'a', parser: 'a.b.c', file }] }, 'no id of a parser'],
  [
    'a file that capabilities().read does not name',
    { sources: [{ id: 'a', parser: 'ot.json', file: '/etc/shadow' }] },
    'reads /etc/shadow',
  ],
  ['a unit that would be an option', { sources: [{ id: 'a', parser: 'ot.json', journalUnit: '--all' }] }, 'no name of a unit'],
])('E_PLUGIN_CONTRIBUTION: %s', async (_, declared, problem) => {
  await using stage = setStage();
  const plugin = stage.plugin('demo', { read: [file] });
  expect(() => plugin.contribute(declared)).toThrow(contribution);
  expect(() => plugin.contribute(declared)).toThrow(problem);
  expect(stage.services.logCatalogue()).toEqual({ sources: [], parsers: [], enrichers: [] });
});

/** A plugin of the test's setup, as an entry of a host's file. */
function entry(name: string, setup: (ctx: PluginContext<object>) => void, capabilities: object = {}) {
  const plugin = definePlugin({
    name,
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'For tests.',
    configSchema: Type.Object({}),
    capabilities: () => capabilities,
    setup,
  });
  return { name, load: () => Promise.resolve(plugin), config: {}, firstParty: true, grants: 'all', startup: 'disable' } as const;
}

test('W47: in an agent the later claimant is refused with its reason, the first and the reader of all logs run', async () => {
  let read: (() => Promise<LogCatalogue>) | undefined;
  const rig = await startRig({
    kernel: {
      plugins: [
        entry('garage', ({ logs }) => {
          logs.parser(parser('s3'));
          logs.enricher(enricher('garage.s3'));
        }),
        entry('caddy', ({ logs }) => logs.enricher(enricher('garage.s3'))),
        entry(
          'shipping',
          ({ logs }) => {
            read = () => logs.catalogue();
          },
          { consumeLogs: true },
        ),
      ],
    },
  });
  try {
    const states = rig.kernel.status.plugins.map(({ name, state }) => [name, state]);
    expect(states).toEqual([
      ['garage', 'ready'],
      ['caddy', 'refused'],
      ['shipping', 'ready'],
    ]);
    const reason = expect.stringContaining('plugin "garage" enriches it already') as string;
    expect(rig.kernel.status.plugins[1]?.reason).toEqual(reason);
    expect(rig.sent('register')[0]?.['integrations']).toMatchObject({
      garage: { status: 'live' },
      caddy: { status: 'disabled_error', disabled_reason: reason },
    });
    expect((await read?.())?.enrichers.map((each) => each.parser)).toEqual(['garage.s3']);
  } finally {
    await rig.close();
  }
});

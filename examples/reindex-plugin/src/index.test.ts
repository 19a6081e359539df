import { FakeRunner, conformance, createHarness, createMemoryJobStore } from '@stormpulse/sdk/testing';
import { expect, test } from 'vitest';
import pkg from '../package.json' with { type: 'json' };
import reindex from './index.ts';

const CONFIG = { database: 'shop' };

test('rebuilds table by table, tells how far it is, and reads the sizes again', async () => {
  await using host = await createHarness(reindex, { config: CONFIG });
  host.exec.on('/usr/bin/psql', /--dbname shop/u, { stdout: 'carts|800\norders|9000\n' });
  expect(await host.run('reindex.run')).toEqual({ rebuilt: 2 });
  expect(host.exec.calls.filter(({ file }) => file.endsWith('reindexdb')).map(({ args }) => args[1])).toEqual([
    '--table=carts',
    '--table=orders',
  ]);
  expect(host.progress.map(({ stage, current }) => [stage, current])).toEqual([
    ['starting', 0],
    ['running', 1],
    ['running', 2],
  ]);
  expect(host.state('reindex.tables')).toEqual([
    { name: 'carts', indexBytes: 800 },
    { name: 'orders', indexBytes: 9_000 },
  ]);
});

test('goes on after the last table when the agent comes back', async () => {
  const left = { config: CONFIG, jobs: createMemoryJobStore(), exec: new FakeRunner() };
  left.exec.on('/usr/bin/psql', /./u, { stdout: 'carts|800\norders|9000\n' });
  left.exec.hold('/usr/bin/reindexdb', /--table=orders/u);
  const first = await createHarness(reindex, left);
  void first.call('reindex.run');
  await first.advance(1_000);
  await first.close();
  expect(first.results).toEqual([]);

  left.exec.on('/usr/bin/reindexdb', /./u, {});
  await using second = await createHarness(reindex, left);
  expect(second.results).toMatchObject([{ command: 'reindex_run', success: true, stdout: '{\n  "rebuilt": 2\n}' }]);
  const rebuilt = left.exec.calls.filter(({ file }) => file === '/usr/bin/reindexdb').map(({ args }) => args[1]);
  expect(rebuilt).toEqual(['--table=carts', '--table=orders', '--table=orders']);
});

conformance(reindex, { config: CONFIG, pkg, firstParty: false, built: new URL('../dist/index.js', import.meta.url) });

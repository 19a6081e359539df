import { Type, collector, definePlugin, job } from '@stormpulse/sdk';

const TABLES = "SELECT relname, pg_indexes_size(relid) FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY relname";
const State = Type.Array(Type.Object({ name: Type.String(), indexBytes: Type.Integer() }));

/** Rebuilds the indexes of one PostgreSQL database, table by table, and goes on where it was after a restart. */
export default definePlugin({
  name: 'reindex',
  version: '0.1.0',
  apiVersion: '1.0',
  description: 'Rebuild the indexes of a PostgreSQL database.',
  configSchema: Type.Object({ database: Type.String({ pattern: '^[a-z][a-z0-9_]{0,62}$' }) }),
  capabilities: () => ({ exec: ['/usr/bin/psql', '/usr/bin/reindexdb'], commands: 'write' }),
  setup({ config: { database }, collectors, commands, exec }) {
    const tables = collectors.register(
      collector({
        id: 'tables',
        every: '10m',
        state: State,
        refresh: (tables) => `${tables.length} tables`,
        async collect({ signal }) {
          const args = ['--no-psqlrc', '--tuples-only', '--no-align', '--dbname', database, '--command', TABLES];
          const { stdout } = await exec('/usr/bin/psql', args, { signal });
          const rows = stdout.split('\n').filter((line) => line !== '');
          return rows.map((line) => ({
            name: line.slice(0, line.lastIndexOf('|')),
            indexBytes: Number(line.slice(line.lastIndexOf('|') + 1)),
          }));
        },
      }),
    );
    commands.register(
      job({
        id: 'run',
        title: 'Rebuild the indexes of every table',
        effect: 'write',
        params: Type.Object({ after: Type.Optional(Type.String({ pattern: '^[a-z0-9_]+$', maxLength: 63 })) }),
        result: Type.Object({ rebuilt: Type.Integer() }),
        checkpoint: Type.Object({ last: Type.String(), rebuilt: Type.Integer() }),
        timeout: '6h',
        lease: '1h',
        ceiling: 1,
        resumable: true,
        rereads: [{ collector: 'tables' }],
        async run({ params, progress, checkpoint, resumedFrom, signal }) {
          const after = resumedFrom?.last ?? params.after ?? '';
          let rebuilt = resumedFrom?.rebuilt ?? 0;
          const names = (await tables.refresh()).map(({ name }) => name);
          for (const name of names.filter((each) => each > after)) {
            signal.throwIfAborted();
            await exec('/usr/bin/reindexdb', ['--concurrently', `--table=${name}`, `--dbname=${database}`], { signal });
            rebuilt += 1;
            progress({ done: rebuilt, total: names.length });
            await checkpoint({ last: name, rebuilt });
          }
          return { rebuilt };
        },
      }),
    );
  },
});

import type { ConfigProblem, Effect } from '@stormpulse/plugin-api';
import { checkTable, describe, isTable } from './check-table.ts';
import type { Table, TableSpec } from './check-table.ts';
import { oneOf } from './check-value.ts';

/** What the operator wrote of what a plugin may do, word by word. */
export interface WrittenGrants {
  readonly exec?: readonly string[];
  readonly http?: readonly string[];
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  /** `none`: it runs, and its commands are left out. */
  readonly commands?: Effect | 'none';
  readonly gate?: boolean;
  readonly consumeLogs?: boolean;
}

/** `[plugins.<name>]` of a plugin that is not the agent's own, checked. */
export interface PluginPackage {
  readonly name: string;
  /** On npm. */
  readonly package: string;
  /** Of its tree, `sha512-…`. */
  readonly integrity: string;
  readonly startup: 'disable' | 'error' | 'retry';
  readonly isolation: 'process' | 'worker' | 'none';
  readonly grants: WrittenGrants;
  readonly config: Table;
}

export interface PluginTables {
  /** Refuse the file. */
  readonly problems: readonly ConfigProblem[];
  readonly packages: readonly PluginPackage[];
  /** What plugins of the agent itself are held to, by name. */
  readonly limits: Readonly<Record<string, WrittenGrants>>;
}

const PLUGIN_NAME = /^[a-z][a-z0-9-]{1,31}$/u;

/** Whether `name` can be a plugin's: a folder is called after it too. */
export function isPluginName(name: string): boolean {
  return PLUGIN_NAME.test(name);
}

const paths = (values: readonly string[]): string | undefined =>
  values.every((value) => value.startsWith('/') && !value.includes('\0')) ? undefined : 'a list of absolute paths';
const origins = (values: readonly string[]): string | undefined =>
  values.every((value) => /^(?:https?:\/\/[^\s/?#@]+|unix:\/\S+)$/u.test(value))
    ? undefined
    : 'a list of origins, such as "http://127.0.0.1:3903" or "unix:/run/docker.sock"';

/** `[plugins.<name>]` (design D3); what `config` holds is the plugin's to check. */
export const PLUGIN_TABLE: TableSpec = {
  ours: true,
  keys: {
    package: { type: 'string', required: true },
    integrity: {
      type: 'string',
      required: true,
      check: (value: string) => (/^sha512-[A-Za-z0-9+/]{86}==$/u.test(value) ? undefined : 'sha512- and the digest in base64'),
    },
    startup: { type: 'string', fallback: 'disable', check: oneOf('disable', 'error', 'retry') },
    isolation: { type: 'string', fallback: 'process', check: oneOf('process', 'worker', 'none') },
    grants: { type: 'table' },
    config: { type: 'table' },
  },
};

/** `[plugins.<name>.grants]`: a closed set of words (SEC-204). */
export const GRANTS_TABLE: TableSpec = {
  ours: true,
  keys: {
    exec: { type: 'strings', check: paths },
    http: { type: 'strings', check: origins },
    read: { type: 'strings', check: paths },
    write: { type: 'strings', check: paths },
    commands: { type: 'string', check: oneOf('none', 'read', 'write', 'destructive') },
    gate: { type: 'boolean' },
    consumeLogs: { type: 'boolean' },
  },
};

/** `[plugins.<name>]` of a plugin of the agent: its section enables it, this can only narrow it (D3). */
const LIMITS_TABLE: TableSpec = { ours: true, keys: { grants: { type: 'table', required: true } } };

/** Checks `[plugins.*]`; `ownPlugins` are the names that belong to the agent. */
export function checkPluginTables(plugins: unknown, ownPlugins: readonly string[]): PluginTables {
  const problems: ConfigProblem[] = [];
  const packages: PluginPackage[] = [];
  const limits: Record<string, WrittenGrants> = {};
  if (plugins !== undefined && !isTable(plugins))
    problems.push({ path: ['plugins'], problem: `is ${describe(plugins)}`, expected: 'tables, each written [plugins.<name>]' });
  for (const [name, table] of Object.entries(isTable(plugins) ? plugins : {})) {
    const path = ['plugins', name];
    if (!isTable(table)) {
      problems.push({ path, problem: `is ${describe(table)}`, expected: `a table, written [plugins.${name}]` });
    } else if (!isPluginName(name)) {
      const expected = '2 to 32 lower-case letters, digits and hyphens, a letter first';
      problems.push({ path, problem: 'has a name that no plugin can have', expected });
    } else {
      const isOwn = ownPlugins.includes(name);
      if (isOwn && 'package' in table) {
        const expected = 'the grants that it is held to, and nothing else: no other plugin can take its name';
        problems.push({ path, problem: 'is a plugin of the agent itself', expected });
        continue;
      }
      const checked = checkTable(path, isOwn ? LIMITS_TABLE : PLUGIN_TABLE, table);
      const written = (checked.values['grants'] ?? {}) as Table;
      const grants = checkTable([...path, 'grants'], GRANTS_TABLE, written);
      problems.push(...checked.problems, ...grants.problems);
      if (isOwn) limits[name] = grants.values;
      else packages.push({ config: {}, ...checked.values, grants: grants.values, name } as unknown as PluginPackage);
    }
  }
  return { problems, packages, limits };
}

import { join } from 'node:path';
import { parse } from 'smol-toml';
import { isTable } from '../../config/check-table.ts';
import { setKeys } from '../../config/edit-toml.ts';
import type { TomlValue } from '../../config/edit-toml.ts';

/** What a host's file says after its set-up. */
export interface ConfigFacts {
  readonly agentId: string;
  readonly pulseToken: string;
  readonly hubUrl: string;
  /** Folder of the credentials. */
  readonly credentials: string;
  readonly database: string;
  readonly project: ProjectFacts | undefined;
}

/** v1's `[project]`, as it is written. */
export type ProjectFacts = Readonly<Record<'project_dir' | 'compose_file' | 'docker_service_name', string>> & {
  readonly env_file?: string;
};

const HEAD =
  '# The Storm Pulse agent of this host. What is wrong with it: stormpulse config check. Changes count from the next start on.\n';

/** The file with v1's values. One that is there keeps its comments, its order and every key that was not asked for. */
export function configText(before: string | undefined, facts: ConfigFacts): string {
  const { agentId, pulseToken, hubUrl, credentials, database, project } = facts;
  const present = before === undefined ? {} : parse(before);
  const file = (name: string): string => join(credentials, name);
  const tables: readonly (readonly [name: string, asked: Keys, otherwise: Keys])[] = [
    ['agent', { id: agentId, pulse_token: pulseToken }, {}],
    ['dashboard', { url: hubUrl }, { reconnect_min_seconds: 3, reconnect_max_seconds: 60, heartbeat_interval_seconds: 30 }],
    ['tls', {}, { ca_cert: file('ca.pem'), client_cert: file('agent.pem'), client_key: file('agent-key.pem') }],
    ['auth', {}, { hmac_secret: file('hmac.key'), command_max_age_seconds: 60 }],
    ['metrics', {}, { push_interval_seconds: 15, collect_containers: true }],
    ['project', { ...project }, {}],
    ['storage', {}, { db_path: database }],
  ];
  return tables.reduce((text, [name, asked, otherwise]) => {
    const table = present[name];
    const has = (key: string): boolean => isTable(table) && Object.hasOwn(table, key);
    const missing = Object.entries(otherwise).filter(([key]) => !has(key));
    return setKeys(text, [name], { ...asked, ...Object.fromEntries(missing) });
  }, before ?? HEAD);
}

type Keys = Readonly<Record<string, TomlValue>>;

/** For a plan of a plugin: keys of one table; a table within goes below it, null takes a key away. Throws for what TOML has not. */
export function editTable(text: string, table: readonly string[], values: Readonly<Record<string, unknown>>): string {
  const own = Object.entries(values).filter(([, value]) => !isTable(value));
  const below = Object.entries(values).filter(([, value]) => isTable(value));
  const keys = Object.fromEntries(own.map(([key, value]) => [key, value === null ? undefined : tomlValue(key, value)]));
  // A table without keys of its own is there too: its presence may be what enables the plugin.
  const edited = own.length === 0 && below.length === 0 ? withTable(text, table) : setKeys(text, table, keys);
  return below.reduce((so, [key, value]) => editTable(so, [...table, key], value as Readonly<Record<string, unknown>>), edited);
}

function withTable(text: string, table: readonly string[]): string {
  const there = table.reduce<unknown>((at, key) => (isTable(at) ? at[key] : undefined), parse(text));
  return there === undefined ? `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}\n[${table.join('.')}]\n` : text;
}

function tomlValue(key: string, value: unknown): TomlValue {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => tomlValue(key, item));
  if (isTable(value)) return Object.fromEntries(Object.entries(value).map(([inner, item]) => [inner, tomlValue(inner, item)]));
  throw new Error(`${key} cannot be written as TOML: it is ${value === null ? 'null' : typeof value}`);
}

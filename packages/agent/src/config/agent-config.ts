import { dirname } from 'node:path';
import type { ProcessLimits } from '@stormpulse/plugin-api';
import { readOperatorKey } from '@stormpulse/protocol/node';
import type { OperatorKey } from '@stormpulse/protocol/node';
import type { SectionValues } from './check.ts';
import type { Table } from './check-table.ts';
import type { AwaitedSection } from './other-tables.ts';
import { readPin } from './pin.ts';
import type { PluginPackage, PluginTables, WrittenGrants } from './plugin-tables.ts';

/** The core of a host's file, checked and named as the code names things. */
export interface AgentConfig {
  readonly path: string;
  readonly agentId: string;
  readonly pulseToken: string;
  readonly hubUrl: string;
  /** Dialled in turn when `hubUrl` fails. */
  readonly fallbackUrls: readonly string[];
  readonly proxy: ProxyConfig | undefined;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  readonly heartbeatMs: number;
  readonly pushMs: number;
  readonly commandMaxAgeSeconds: number;
  readonly caPath: string;
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly hmacPath: string;
  readonly databasePath: string;
  readonly serverCa: 'private' | 'system';
  readonly requireServerEku: boolean;
  /** SEC-025, in hex; none: nothing is pinned. */
  readonly pins: readonly string[];
  readonly minTlsVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly strict: boolean;
  readonly passEnv: readonly string[];
  readonly limits: ProcessLimits;
  /** v1's deployment, whose paths commands may use as placeholders. */
  readonly project: Readonly<Record<string, string | undefined>>;
  /** SEC-072; undefined: the hub's signature is enough. */
  readonly operator: OperatorConfig | undefined;
  /** SEC-073; undefined: the host allows what it lists. */
  readonly policy: PolicyConfig | undefined;
  /** Plugins this file enables, by name, each with its own part of the file. */
  readonly plugins: readonly EnabledPlugin[];
  /** Plugins of others, each from a package. */
  readonly packages: readonly PluginPackage[];
  /** Sections whose plugin this agent does not have. */
  readonly awaited: readonly AwaitedSection[];
}

/** A plugin of the agent itself. */
export interface EnabledPlugin {
  readonly name: string;
  readonly config: Table;
  /** What it is held to beside its section (D3). */
  readonly limits?: WrittenGrants;
  /** Wire names that the host does not offer, whosever they are. */
  readonly disabled?: readonly string[];
}

/** A checked file, as far as the values are made of it. */
export interface CheckedFile {
  readonly values: SectionValues;
  readonly file: Table;
  readonly awaited: readonly AwaitedSection[];
  readonly plugins: PluginTables;
}

/** `url` is `http://host:port`. */
export interface ProxyConfig {
  readonly url: string;
  readonly authorizationPath: string | undefined;
}

export interface OperatorConfig {
  readonly keys: readonly OperatorKey[];
  readonly require: 'all' | 'confirm' | 'none';
  readonly commands: readonly string[];
  readonly groups: readonly string[];
}

export interface PolicyConfig {
  readonly deny: readonly string[];
  readonly hosts: readonly string[];
  /** Lines, checked. */
  readonly hours: readonly string[];
  readonly perMinute: Readonly<Record<string, number>>;
}

/** Names the checked values; the types were established by `checkConfig`. */
export function agentConfig(path: string, { values, file, awaited, plugins }: CheckedFile): AgentConfig {
  const text = (section: string, key: string): string => values[section]?.[key] as string;
  const seconds = (section: string, key: string): number => (values[section]?.[key] as number) * 1_000;
  return {
    path,
    agentId: text('agent', 'id'),
    pulseToken: text('agent', 'pulse_token'),
    hubUrl: text('dashboard', 'url'),
    fallbackUrls: (values['dashboard']?.['fallback_urls'] ?? []) as readonly string[],
    proxy: proxyConfig(values['dashboard']),
    reconnectMinMs: seconds('dashboard', 'reconnect_min_seconds'),
    reconnectMaxMs: seconds('dashboard', 'reconnect_max_seconds'),
    heartbeatMs: seconds('dashboard', 'heartbeat_interval_seconds'),
    pushMs: seconds('metrics', 'push_interval_seconds'),
    commandMaxAgeSeconds: seconds('auth', 'command_max_age_seconds') / 1_000,
    caPath: text('tls', 'ca_cert'),
    certificatePath: text('tls', 'client_cert'),
    keyPath: text('tls', 'client_key'),
    hmacPath: text('auth', 'hmac_secret'),
    databasePath: text('storage', 'db_path'),
    serverCa: text('tls', 'server_ca') === 'system' ? 'system' : 'private',
    requireServerEku: values['tls']?.['require_server_eku'] as boolean,
    minTlsVersion: text('tls', 'min_version') === '1.2' ? 'TLSv1.2' : 'TLSv1.3',
    pins: ((values['tls']?.['pin_sha256'] ?? []) as readonly string[]).flatMap((pin) => readPin(pin) ?? []),
    strict: values['protocol']?.['strict'] !== false,
    passEnv: (values['execution']?.['pass_env'] ?? []) as readonly string[],
    limits: values['execution']?.['limits'] ?? {},
    project: (values['project'] ?? {}) as AgentConfig['project'],
    operator: operatorConfig(values['operator']),
    policy: policyConfig(values['policy']),
    plugins: enabledPlugins(values, file, plugins.limits),
    packages: plugins.packages,
    awaited,
  };
}

function proxyConfig(section: Table | undefined): ProxyConfig | undefined {
  if (section?.['proxy'] === undefined) return undefined;
  return { url: section['proxy'] as string, authorizationPath: section['proxy_authorization_file'] as string | undefined };
}

function operatorConfig(section: Table | undefined): OperatorConfig | undefined {
  if (section?.['keys'] === undefined) return undefined;
  const { keys, ...rest } = section as unknown as Omit<OperatorConfig, 'keys'> & { readonly keys: readonly string[] };
  return { ...rest, keys: keys.flatMap((line) => readOperatorKey(line) ?? []) };
}

function policyConfig(section: Table | undefined): PolicyConfig | undefined {
  const isEmpty = Object.values(section ?? {}).every((value) => Object.keys(value as object).length === 0);
  if (section === undefined || isEmpty) return undefined;
  const { per_minute: perMinute, ...rest } = section as unknown as Omit<PolicyConfig, 'perMinute'> & {
    readonly per_minute: PolicyConfig['perMinute'];
  };
  return { ...rest, perMinute };
}

/** `[project]` gives v1's `docker_logs` and `containers`, `[docker]` all else. */
function dockerPlugin(values: SectionValues, file: Table): EnabledPlugin[] {
  const tables = { docker: file['docker'], project: values['project'] };
  const present = Object.fromEntries(Object.entries(tables).filter(([, table]) => table !== undefined));
  if (Object.keys(present).length === 0) return [];
  const core = {
    collect_containers: values['metrics']?.['collect_containers'] ?? false,
    disabled_commands: values['agent']?.['disabled_commands'] ?? [],
  };
  return [{ name: 'docker', config: { ...present, ...core } }];
}

const METRICS_OF_THE_PLUGIN = ['per_core', 'filesystems', 'disk_io', 'network'];

/** Which sections enable which of the plugins shipped with the agent (D3: a section's presence is its grant). */
export function enabledPlugins(values: SectionValues, file: Table, limits: PluginTables['limits']): AgentConfig['plugins'] {
  const metrics = Object.fromEntries(
    Object.entries(values['metrics'] ?? {}).filter(([key]) => METRICS_OF_THE_PLUGIN.includes(key)),
  );
  const commands = file['commands'];
  const plugins: EnabledPlugin[] = [
    { name: 'host-metrics', config: metrics },
    ...(commands === undefined
      ? []
      : [
          {
            name: 'custom-commands',
            config: {
              commands,
              ...(values['project'] === undefined ? {} : { project: values['project'] }),
              disabled_commands: values['agent']?.['disabled_commands'] ?? [],
            },
          },
        ]),
    ...dockerPlugin(values, file),
    ...gitPlugin(values, file),
    ...signoffPlugin(values, file),
  ];
  const disabled = (values['agent']?.['disabled_commands'] ?? []) as readonly string[];
  return plugins.map((plugin) => {
    const own = limits[plugin.name];
    return { ...plugin, ...(own === undefined ? {} : { limits: own }), ...(disabled.length === 0 ? {} : { disabled }) };
  });
}

/** `[project]` alone grants v1's `git_pull`, `[git]` the rest. */
function gitPlugin({ project }: SectionValues, { git }: Table): EnabledPlugin[] {
  if (project === undefined && git === undefined) return [];
  const whole = project === undefined ? {} : { project: { project_dir: project['project_dir'] } };
  return [{ name: 'git', config: { ...whole, ...(git === undefined ? {} : { git }) } }];
}

/** Always there, as v1's hatch was: its two names are gated whoever defines them (D3), and what is closed is kept closed. */
function signoffPlugin({ storage }: SectionValues, { signoff }: Table): EnabledPlugin[] {
  const state_folder = dirname(String(storage?.['db_path'] ?? '/'));
  return [{ name: 'signoff', config: { state_folder, ...(signoff === undefined ? {} : { signoff }) } }];
}

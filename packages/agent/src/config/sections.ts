import { limitsProblems } from '@stormpulse/plugin-api';
import { COMMAND_MAX_AGE_SECONDS } from '@stormpulse/protocol';
import { readOperatorKey } from '@stormpulse/protocol/node';
import { readHours } from '@stormpulse/services/policy';
import { isAgentId } from './agent-id.ts';
import { between, oneOf, positive } from './check-value.ts';
import type { TableSpec } from './check-table.ts';
import { readPin } from './pin.ts';

const MOST_PER_MINUTE = 6_000;

export interface SectionSpec extends TableSpec {
  readonly required: boolean;
}

const agentId = (value: string): string | undefined =>
  isAgentId(value) ? undefined : '1 to 64 printable characters, as in the certificate';
const socketUrl = (value: string): string | undefined =>
  URL.canParse(value) && new URL(value).protocol === 'wss:' && new URL(value).hash === ''
    ? undefined
    : 'a wss:// address, such as wss://hub.example/ws/pulse/';

const socketUrls = (values: readonly string[]): string | undefined =>
  values.length <= 8 && values.every((value) => socketUrl(value) === undefined) && new Set(values).size === values.length
    ? undefined
    : 'at most 8 different wss:// addresses, such as ["wss://hub-2.example/ws/pulse/"]';
const proxyUrl = (value: string): string | undefined =>
  /^http:\/\/(?:[^\s/@?#:]+|\[[0-9a-fA-F:.]+\]):\d{1,5}\/?$/u.test(value) && URL.canParse(value)
    ? undefined
    : 'http://HOST:PORT, without name and password (those go into the file that proxy_authorization_file names)';
const pins = (values: readonly string[]): string | undefined =>
  values.length > 0 && values.every((value) => readPin(value) !== undefined)
    ? undefined
    : 'one or more SHA-256 digests of a public key, each 64 hex digits or 44 characters of base64';
const operatorKeys = (lines: readonly string[]): string | undefined =>
  lines.length > 0 && new Set(lines).size === lines.length && lines.every((line) => readOperatorKey(line) !== undefined)
    ? undefined
    : 'one or more lines "ed25519:<44 characters of base64> <name>", as stormpulse sign --new-operator-key prints them';
const limits = (table: object): string | undefined => {
  const [first] = limitsProblems(table);
  return first === undefined
    ? undefined
    : `limits of a child, such as { processes = 200 }; ${first.key} ${first.problem}, expected ${first.expected}`;
};

const allowedHours = (lines: readonly string[]): string | undefined =>
  lines.every((line) => readHours(line) !== undefined)
    ? undefined
    : 'lines such as "mon-fri 08:00-18:00", "sat,sun 10:00-12:00" or "daily 22:00-06:00"';
const rates = (table: object): string | undefined =>
  Object.values(table).every((most) => Number.isInteger(most) && most >= 1 && most <= MOST_PER_MINUTE)
    ? undefined
    : `whole numbers from 1 to ${MOST_PER_MINUTE} by the names of commands, such as { docker_restart = 2 }`;

/** The core of `stormpulse.toml`: v1's sections (wire page, 11.1) with the ranges of D1, and ours. */
export const SECTIONS: Readonly<Record<string, SectionSpec>> = {
  agent: {
    required: true,
    keys: {
      id: { type: 'string', required: true, check: agentId },
      pulse_token: { type: 'string', required: true, secret: true },
      disabled_commands: { type: 'strings', fallback: [] },
    },
  },
  dashboard: {
    required: true,
    keys: {
      url: { type: 'string', required: true, check: socketUrl },
      fallback_urls: { type: 'strings', fallback: [], check: socketUrls },
      proxy: { type: 'string', check: proxyUrl },
      proxy_authorization_file: { type: 'path' },
      reconnect_min_seconds: { type: 'number', required: true, check: positive },
      reconnect_max_seconds: { type: 'number', required: true, check: positive },
      heartbeat_interval_seconds: { type: 'number', required: true, check: between(1, 3_600) },
    },
  },
  tls: {
    required: true,
    keys: {
      ca_cert: { type: 'path', required: true },
      client_cert: { type: 'path', required: true },
      client_key: { type: 'path', required: true },
      server_ca: { type: 'string', fallback: 'private', check: oneOf('private', 'system') },
      require_server_eku: { type: 'boolean', fallback: true },
      min_version: { type: 'string', fallback: '1.3', check: oneOf('1.2', '1.3') },
      pin_sha256: { type: 'strings', fallback: [], check: pins },
    },
  },
  auth: {
    required: true,
    keys: {
      hmac_secret: { type: 'path', required: true },
      command_max_age_seconds: {
        type: 'number',
        required: true,
        check: between(COMMAND_MAX_AGE_SECONDS.min, COMMAND_MAX_AGE_SECONDS.max),
      },
    },
  },
  metrics: {
    required: true,
    keys: {
      push_interval_seconds: { type: 'number', required: true, check: between(0.5, 86_400) },
      collect_containers: { type: 'boolean', required: true },
      per_core: { type: 'boolean' },
      filesystems: { type: 'boolean' },
      disk_io: { type: 'boolean' },
      network: { type: 'boolean' },
    },
  },
  project: {
    required: false,
    keys: {
      project_dir: { type: 'path', required: true },
      compose_file: { type: 'path', required: true },
      docker_service_name: { type: 'string', required: true },
      env_file: { type: 'path' },
    },
  },
  storage: { required: true, keys: { db_path: { type: 'path', required: true } } },
  protocol: { required: false, ours: true, keys: { strict: { type: 'boolean', fallback: true } } },
  execution: {
    required: false,
    ours: true,
    keys: { pass_env: { type: 'strings', fallback: [] }, limits: { type: 'table', fallback: {}, check: limits } },
  },
  operator: {
    required: false,
    ours: true,
    keys: {
      keys: { type: 'strings', required: true, check: operatorKeys },
      require: { type: 'string', fallback: 'all', check: oneOf('all', 'confirm', 'none') },
      commands: { type: 'strings', fallback: [] },
      groups: { type: 'strings', fallback: [] },
    },
  },
  policy: {
    required: false,
    ours: true,
    keys: {
      deny: { type: 'strings', fallback: [] },
      hosts: { type: 'strings', fallback: [] },
      hours: { type: 'strings', fallback: [], check: allowedHours },
      per_minute: { type: 'table', fallback: {}, check: rates },
    },
  },
};

/** Tables of plugins that are to come: the table, and the plugin that will read it. */
export const AWAITED_TABLES: Readonly<Record<string, string>> = {
  log_groups: 'log-shipping',
  garage: 'garage',
  caddy: 'caddy',
  rclone: 'rclone',
};

/** Tables of plugins shipped with this agent, each checked by its plugin. */
export const PLUGIN_TABLES: readonly string[] = ['docker', 'git', 'signoff'];

/** Tables that are somebody else's than the core's. */
export const OTHER_TABLES: readonly string[] = ['commands', ...PLUGIN_TABLES, ...Object.keys(AWAITED_TABLES), 'plugins'];

import { COMMAND_MAX_AGE_SECONDS } from '@stormpulse/protocol';
import { isAgentId } from './agent-id.ts';

/** What one key may hold. `check` answers what was expected when the value is of the right type and still wrong. */
export interface KeySpec {
  readonly type: 'string' | 'number' | 'boolean' | 'strings' | 'path';
  readonly required?: true;
  /** Never repeated in a message. */
  readonly secret?: true;
  readonly fallback?: string | number | boolean | readonly string[];
  readonly check?: (value: never) => string | undefined;
}

export interface SectionSpec {
  readonly required: boolean;
  /** Ours alone: an unknown key is an error; in v1's a warning unless it looks like a typo (D1). */
  readonly ours?: true;
  readonly keys: Readonly<Record<string, KeySpec>>;
}

const positive = (value: number): string | undefined => (Number.isFinite(value) && value > 0 ? undefined : 'a number above 0');
const between =
  (low: number, high: number) =>
  (value: number): string | undefined =>
    value >= low && value <= high ? undefined : `a number from ${low} to ${high}`;
const oneOf =
  (...options: readonly string[]) =>
  (value: string): string | undefined =>
    options.includes(value) ? undefined : options.map((option) => JSON.stringify(option)).join(' or ');
const agentId = (value: string): string | undefined =>
  isAgentId(value) ? undefined : '1 to 64 printable characters, as in the certificate';
const socketUrl = (value: string): string | undefined =>
  URL.canParse(value) && new URL(value).protocol === 'wss:' && new URL(value).hash === ''
    ? undefined
    : 'a wss:// address, such as wss://hub.example/ws/pulse/';

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
      // A pin that is not checked would be worse than none.
      pin_sha256: { type: 'string', check: () => 'no pin: this version does not check pins; remove the key' },
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
  execution: { required: false, ours: true, keys: { pass_env: { type: 'strings', fallback: [] } } },
};

/** Tables of v1's integrations, of log groups and of plugins, known by name and not read yet. */
export const UNREAD_TABLES: readonly string[] = [
  'log_groups',
  'garage',
  'caddy',
  'rclone',
  'docker',
  'git',
  'signoff',
  'plugins',
];

/** Tables that are somebody else's to check. */
export const OTHER_TABLES: readonly string[] = ['commands', ...UNREAD_TABLES];

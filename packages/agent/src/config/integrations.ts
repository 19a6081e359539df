import { atLeast, oneOf, positive, wholeBetween } from './check-value.ts';
import type { TableSpec } from './check-table.ts';

const httpUrl = (value: string): string | undefined =>
  /^https?:\/\/./u.test(value) ? undefined : 'an address that begins with http:// or https://';
const noneOrHttpUrl = (value: string): string | undefined => (value === '' ? undefined : httpUrl(value));
const groupName = (value: string): string | undefined =>
  /^[a-zA-Z0-9_-]{1,50}$/u.test(value) ? undefined : '1 to 50 characters of a-z, A-Z, 0-9, _ and -';
const notBlank = (value: string): string | undefined => (value.trim() === '' ? 'a name that is not blank' : undefined);

/** v1's integration sections. What is wrong with one disables that integration, never the agent (wire page, 11.2 and I6). */
export const INTEGRATIONS: Readonly<Record<string, TableSpec>> = {
  garage: {
    keys: {
      enabled: { type: 'boolean', required: true },
      container_name: { type: 'string', required: true },
      garage_binary: { type: 'string', required: true },
      docker_binary: { type: 'path', required: true },
      config_path: { type: 'text', required: true },
      detector_interval_seconds: { type: 'number', fallback: 2, check: positive },
      admin_url: { type: 'text', fallback: '', check: noneOrHttpUrl },
      admin_token: { type: 'text', fallback: '', secret: true },
      admin_token_file: { type: 'text', fallback: '' },
      // Retired in v1, and harmless in the files that still have it.
      state_push_interval_seconds: { type: 'number' },
    },
  },
  caddy: {
    keys: {
      enabled: { type: 'boolean', required: true },
      admin_url: { type: 'string', required: true, check: httpUrl },
      main_caddyfile: { type: 'path', required: true },
      drop_in_path: { type: 'path', required: true },
    },
  },
  rclone: {
    keys: {
      enabled: { type: 'boolean', required: true },
      binary_path: { type: 'path', fallback: '/usr/bin/rclone' },
    },
  },
};

/** One `[[log_groups]]` entry; a bad one is skipped, the others stay. */
export const LOG_GROUP: TableSpec = {
  keys: {
    name: { type: 'string', required: true, check: groupName },
    enabled: { type: 'boolean', required: true },
    source_type: { type: 'string', required: true, check: oneOf('file', 'docker', 'docker_stream') },
    source_path: { type: 'path' },
    container_name: { type: 'string', check: notBlank },
    docker_binary: { type: 'path', fallback: '/usr/bin/docker' },
    filter_contains: { type: 'text', fallback: '' },
    parser: {
      type: 'string',
      required: true,
      check: oneOf('garage_s3', 'stormpulse', 'caddy_json', 'docker_raw', 'django'),
    },
    ship_interval_seconds: { type: 'number', required: true, check: atLeast(2) },
    max_lines_per_batch: { type: 'number', required: true, check: wholeBetween(1, 200) },
    // Retired in v1: accepted, told, without effect.
    retention_days: { type: 'number' },
  },
};

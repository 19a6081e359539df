import type { CommandManifestEntry } from '@stormpulse/protocol';
import type { Database, Row } from '@stormpulse/sqlite';
import { bytes, number, numberOrNull, text, textOrNull } from './rows.ts';

/** An agent's manifest by command name (wire page 8.9). */
export type Manifest = Readonly<Record<string, CommandManifestEntry>>;

/** Last figures of `metrics.push`: numbers by name, and `at` in Unix seconds. */
export type Figures = Readonly<Record<string, number | null>>;

/** An agent as stored; times are Unix milliseconds. */
export interface AgentRow {
  readonly id: string;
  readonly state: string;
  readonly version: string | null;
  readonly os: string | null;
  readonly lastSeen: number | null;
  readonly link: 'up' | 'down';
  readonly linkSince: number;
  readonly skewMs: number | null;
  readonly features: readonly string[];
  readonly manifest: Manifest;
  readonly figures: Figures | null;
  readonly sealed: boolean | null;
  readonly unsealedSince: string | null;
  readonly revision: number;
}

/** What `register` tells about an agent. */
export interface Registration {
  readonly version: string;
  readonly os: string | null;
  readonly features: readonly string[];
  readonly manifest: Manifest;
  readonly logGroups: readonly string[];
  readonly sealed: boolean | null;
  readonly unsealedSince: string | null;
}

/** Agents. Every change raises the row's `revision`, which orders live updates. */
export interface AgentStore {
  add(agent: {
    readonly id: string;
    readonly sealedKey: Uint8Array;
    readonly pulseHash: Uint8Array;
    readonly createdAt: number;
  }): void;
  find(id: string): AgentRow | undefined;
  all(): AgentRow[];
  secretsOf(id: string): { readonly sealedKey: Uint8Array; readonly pulseHash: Uint8Array } | undefined;
  register(id: string, registration: Registration, nowMs: number): void;
  setLink(id: string, link: 'up' | 'down', nowMs: number): void;
  /** After a restart nobody is connected. */
  setAllDown(nowMs: number): void;
  seen(id: string, nowMs: number, skewMs: number): void;
  setFigures(id: string, figures: Figures, nowMs: number, skewMs: number): void;
  setSeal(id: string, sealed: boolean | null, unsealedSince: string | null): void;
}

const COLUMNS =
  'id, state, version, os, last_seen, link, link_since, skew_ms, features, manifest, figures, sealed, unsealed_since, revision';
const TOUCH = 'revision = revision + 1';

export function createAgentStore(database: Database): AgentStore {
  const insert = database.prepare(
    `INSERT INTO agent (id, state, created, link, link_since, features, manifest, log_groups, hmac_key, pulse_hash, revision)
     VALUES (?, 'enrolled', ?, 'down', ?, '[]', '{}', '[]', ?, ?, 1)`,
  );
  const select = database.prepare(`SELECT ${COLUMNS} FROM agent WHERE id = ?`);
  const selectAll = database.prepare(`SELECT ${COLUMNS} FROM agent ORDER BY id`);
  const secrets = database.prepare('SELECT hmac_key, pulse_hash FROM agent WHERE id = ?');
  const register = database.prepare(
    `UPDATE agent SET state = CASE state WHEN 'enrolled' THEN 'active' ELSE state END, version = ?, os = ?, features = ?, manifest = ?,
     log_groups = ?, sealed = ?, unsealed_since = ?, first_seen = coalesce(first_seen, ?), last_seen = ?, ${TOUCH} WHERE id = ?`,
  );
  const link = database.prepare(`UPDATE agent SET link = ?, link_since = ?, ${TOUCH} WHERE id = ?`);
  const allDown = database.prepare(`UPDATE agent SET link = 'down', link_since = ?, ${TOUCH} WHERE link = 'up'`);
  const seen = database.prepare(`UPDATE agent SET last_seen = ?, skew_ms = ?, ${TOUCH} WHERE id = ?`);
  const figures = database.prepare(`UPDATE agent SET figures = ?, last_seen = ?, skew_ms = ?, ${TOUCH} WHERE id = ?`);
  const seal = database.prepare(`UPDATE agent SET sealed = ?, unsealed_since = ?, ${TOUCH} WHERE id = ?`);
  return {
    add({ id, sealedKey, pulseHash, createdAt }) {
      insert.run(id, createdAt, createdAt, sealedKey, pulseHash);
    },
    find(id) {
      const row = select.get(id);
      return row === undefined ? undefined : toAgent(row);
    },
    all: () => selectAll.all().map(toAgent),
    secretsOf(id) {
      const row = secrets.get(id);
      return row === undefined ? undefined : { sealedKey: bytes(row, 'hmac_key'), pulseHash: bytes(row, 'pulse_hash') };
    },
    register(id, told, nowMs) {
      register.run(
        told.version,
        told.os,
        JSON.stringify(told.features),
        JSON.stringify(told.manifest),
        JSON.stringify(told.logGroups),
        flag(told.sealed),
        told.unsealedSince,
        nowMs,
        nowMs,
        id,
      );
    },
    setLink(id, state, nowMs) {
      link.run(state, nowMs, id);
    },
    setAllDown(nowMs) {
      allDown.run(nowMs);
    },
    seen(id, nowMs, skewMs) {
      seen.run(nowMs, skewMs, id);
    },
    setFigures(id, values, nowMs, skewMs) {
      figures.run(JSON.stringify(values), nowMs, skewMs, id);
    },
    setSeal(id, sealed, unsealedSince) {
      seal.run(flag(sealed), unsealedSince, id);
    },
  };
}

function flag(value: boolean | null): number | null {
  return value === null ? null : Number(value);
}

function toAgent(row: Row): AgentRow {
  const sealed = numberOrNull(row, 'sealed');
  const figures = textOrNull(row, 'figures');
  return {
    id: text(row, 'id'),
    state: text(row, 'state'),
    version: textOrNull(row, 'version'),
    os: textOrNull(row, 'os'),
    lastSeen: numberOrNull(row, 'last_seen'),
    link: text(row, 'link') === 'up' ? 'up' : 'down',
    linkSince: number(row, 'link_since'),
    skewMs: numberOrNull(row, 'skew_ms'),
    features: JSON.parse(text(row, 'features')) as string[],
    manifest: JSON.parse(text(row, 'manifest')) as Manifest,
    figures: figures === null ? null : (JSON.parse(figures) as Figures),
    sealed: sealed === null ? null : sealed === 1,
    unsealedSince: textOrNull(row, 'unsealed_since'),
    revision: number(row, 'revision'),
  };
}

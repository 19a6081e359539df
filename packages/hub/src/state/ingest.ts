import { DeclaredPlugin, PAYLOAD_SCHEMAS } from '@stormpulse/protocol';
import type { JsonObject, Payloads } from '@stormpulse/protocol';
import { Check, Clean } from '@sinclair/typebox/value';
import type { Clock } from '../config/options.ts';
import type { Figures } from '../storage/agent-store.ts';
import type { AuditHead } from '../storage/audit-head-store.ts';
import type { NewEvent } from '../storage/event-store.ts';
import { METRIC_NAMES, METRIC_UNITS } from '../storage/metric-store.ts';
import type { MetricName } from '../storage/metric-store.ts';
import type { Stores } from '../storage/stores.ts';
import type { Changes } from './changes.ts';
import { plainText, plainTextOrNull } from './plain-text.ts';
import { asRecord } from './record.ts';

/** When a message was written, by the agent's clock, Unix milliseconds. */
export interface Stamped {
  readonly agentId: string;
  readonly sentAtMs: number;
}

/** Takes in what agents push. Each call has committed when it returns (security model, SEC-324). */
export interface Ingest {
  heartbeat(from: Stamped): void;
  /** Taken field by field: what is out of range is left out and counted, the rest is kept. */
  metrics(from: Stamped, payload: JsonObject): void;
  /** `withIds`: the field `id` of an event is its agent's name for it. */
  events(from: Stamped, payload: Payloads['events.batch'], withIds: boolean): void;
  logs(from: Stamped, payload: Payloads['log.batch']): void;
  signoff(from: Stamped, payload: Payloads['signoff.state']): void;
  /** A head that went back or is another than it was becomes an event about the agent (SEC-241). */
  auditHead(agentId: string, told: unknown): void;
  plugins(agentId: string, integrations: unknown, complete: boolean): void;
  /** Kept as far as it is known here; it is within its bounds. */
  manifest(agentId: string, told: Payloads['plugin.manifest']): void;
}

interface IngestPorts {
  readonly stores: Stores;
  readonly changes: Changes;
  readonly clock: Clock;
}

const OLD_MS = 24 * 3_600_000;
const AHEAD_MS = 60_000;
const MAX_PLUGINS = 64;
const PLUGIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function createIngest({ stores, changes, clock }: IngestPorts): Ingest {
  function skewOf(from: Stamped): number {
    return Math.round(from.sentAtMs - clock.now());
  }

  function plugins(agentId: string, integrations: unknown, complete: boolean): void {
    const reports = Object.entries(asRecord(integrations)).filter(([name]) => PLUGIN_NAME.test(name));
    for (const [name, value] of reports.slice(0, MAX_PLUGINS)) {
      const report = asRecord(value);
      const state = report['state'] ?? null;
      const status = plainText(report['status'], 40);
      stores.plugins.put(
        agentId,
        { name, status, disabled_reason: plainTextOrNull(report['disabled_reason']), state },
        clock.now(),
      );
    }
    if (complete) stores.plugins.keepOnly(agentId, new Set(reports.map(([name]) => name)));
  }

  return {
    plugins,
    heartbeat(from) {
      stores.agents.seen(from.agentId, clock.now(), skewOf(from));
      changes.publish({ kind: 'agent', agentId: from.agentId });
    },
    metrics(from, payload) {
      const nowMs = clock.now();
      const atMs = from.sentAtMs < nowMs - OLD_MS || from.sentAtMs > nowMs + AHEAD_MS ? nowMs : from.sentAtMs;
      const { values, dropped } = readFigures(payload);
      const figures: Figures = { ...values, at: Math.round(atMs / 1_000) };
      stores.transaction(() => {
        stores.metrics.add(from.agentId, Math.round(atMs), values);
        stores.agents.setFigures(from.agentId, figures, nowMs, skewOf(from));
        plugins(from.agentId, payload['integrations'], false);
        if (dropped.length > 0) stores.anomalies.add(from.agentId, 'out_of_range', { fields: dropped }, nowMs);
      });
      changes.publish({ kind: 'agent', agentId: from.agentId });
    },
    events(from, payload, withIds) {
      const rows = stores.transaction(() =>
        payload.events.flatMap((event) => stores.events.add(from.agentId, toEvent(event, from.sentAtMs, withIds)) ?? []),
      );
      for (const event of rows) changes.publish({ kind: 'event', agentId: from.agentId, event });
    },
    auditHead(agentId, told) {
      if (!Check(PAYLOAD_SCHEMAS['metrics.push'].properties.audit_head, told) || told === undefined) return;
      const event = stores.transaction(() => {
        const known = stores.auditHeads.of(agentId);
        stores.auditHeads.put(agentId, told, clock.now());
        const finding = known === undefined ? undefined : findingOf(known, told);
        return finding === undefined ? undefined : stores.events.add(agentId, { at: clock.now(), source: 'hub', ...finding });
      });
      if (event !== undefined) changes.publish({ kind: 'event', agentId, event });
    },
    logs(from, payload) {
      const { batch_id: batchId, group, dropped } = payload;
      stores.transaction(() =>
        stores.logs.add(from.agentId, { batchId, group: plainText(group, 200), dropped, payload }, clock.now()),
      );
    },
    manifest(agentId, { digest, plugins: declared }) {
      const known = declared.map((plugin) => Clean(DeclaredPlugin, plugin) as DeclaredPlugin);
      stores.transaction(() => stores.manifests.put(agentId, digest, known, clock.now()));
      changes.publish({ kind: 'manifest', agentId });
    },
    signoff(from, payload) {
      stores.transaction(() =>
        stores.agents.setSeal(from.agentId, payload.signoff_sealed, plainTextOrNull(payload.unsealed_since, 64)),
      );
      changes.publish({ kind: 'agent', agentId: from.agentId });
    },
  };
}

function readFigures(given: JsonObject): { values: Record<MetricName, number | null>; dropped: string[] } {
  const dropped: string[] = [];
  const entries = METRIC_NAMES.map((name): [MetricName, number | null] => {
    const value = name === 'containers' ? countOf(given['containers']) : given[name];
    if (typeof value === 'number' && inRange(name, value)) return [name, value];
    dropped.push(name);
    return [name, null];
  });
  return { values: Object.fromEntries(entries) as Record<MetricName, number | null>, dropped };
}

function inRange(name: MetricName, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  return METRIC_UNITS[name] === '%' ? value >= -1 && value <= 101 : value >= 0;
}

function countOf(containers: unknown): number {
  return Array.isArray(containers) ? containers.length : 0;
}

function findingOf(known: AuditHead, told: AuditHead): { kind: string; body: object } | undefined {
  const body = { known_seq: known.seq, seq: told.seq };
  if (told.seq < known.seq) return { kind: 'audit_log_truncated', body };
  return told.seq === known.seq && told.hash !== known.hash ? { kind: 'audit_log_rewritten', body } : undefined;
}

const EVENT_ID = /^[\w.:-]{1,100}$/u;

function toEvent(event: unknown, sentAtMs: number, withIds: boolean): NewEvent {
  const { id, ...rest } = asRecord(event);
  const isNamed = withIds && typeof id === 'string' && EVENT_ID.test(id);
  const body = isNamed ? rest : asRecord(event);
  const at = typeof body['ts'] === 'string' ? Date.parse(body['ts']) : Number.NaN;
  return {
    at: Number.isNaN(at) ? sentAtMs : at,
    kind: plainText(body['kind'], 100),
    source: plainText(body['source'], 100),
    body: { ...body },
    ...(isNamed ? { eventId: id } : {}),
  };
}

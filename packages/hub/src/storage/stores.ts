import type { Database } from '@stormpulse/sqlite';
import { createAgentStore } from './agent-store.ts';
import type { AgentStore } from './agent-store.ts';
import { createAnomalyStore } from './anomaly-store.ts';
import type { AnomalyStore } from './anomaly-store.ts';
import { createAuditHeadStore } from './audit-head-store.ts';
import type { AuditHeadStore } from './audit-head-store.ts';
import { createCertificateStore } from './certificate-store.ts';
import type { CertificateStore } from './certificate-store.ts';
import { createEventStore } from './event-store.ts';
import type { EventStore } from './event-store.ts';
import { createLogStore } from './log-store.ts';
import type { LogStore } from './log-store.ts';
import { createLoginStore } from './login-store.ts';
import type { LoginStore } from './login-store.ts';
import { createManifestStore } from './manifest-store.ts';
import type { ManifestStore } from './manifest-store.ts';
import { createMetaStore } from './meta-store.ts';
import type { MetaStore } from './meta-store.ts';
import { createMetricStore } from './metric-store.ts';
import type { MetricStore } from './metric-store.ts';
import { createPluginStore } from './plugin-store.ts';
import type { PluginStore } from './plugin-store.ts';
import { createRunStore } from './run-store.ts';
import type { RunStore } from './run-store.ts';
import { createTokenStore } from './token-store.ts';
import type { TokenStore } from './token-store.ts';

/** Every repository over one database. What `transaction` returns from is committed and synced (SEC-350). */
export interface Stores {
  readonly agents: AgentStore;
  readonly anomalies: AnomalyStore;
  readonly auditHeads: AuditHeadStore;
  readonly certificates: CertificateStore;
  readonly events: EventStore;
  readonly logins: LoginStore;
  readonly logs: LogStore;
  readonly manifests: ManifestStore;
  readonly meta: MetaStore;
  readonly metrics: MetricStore;
  readonly plugins: PluginStore;
  readonly runs: RunStore;
  readonly tokens: TokenStore;
  transaction<T>(work: () => T): T;
}

export function createStores(database: Database): Stores {
  return {
    agents: createAgentStore(database),
    anomalies: createAnomalyStore(database),
    auditHeads: createAuditHeadStore(database),
    certificates: createCertificateStore(database),
    events: createEventStore(database),
    logins: createLoginStore(database),
    logs: createLogStore(database),
    manifests: createManifestStore(database),
    meta: createMetaStore(database),
    metrics: createMetricStore(database),
    plugins: createPluginStore(database),
    runs: createRunStore(database),
    tokens: createTokenStore(database),
    transaction: (work) => database.transaction(work),
  };
}

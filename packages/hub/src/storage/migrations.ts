/** Forward only; the number of a step is its place in this list, kept in `user_version`. Times are Unix milliseconds. */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE agent (
  id TEXT PRIMARY KEY, state TEXT NOT NULL, created INTEGER NOT NULL, version TEXT, os TEXT, first_seen INTEGER, last_seen INTEGER,
  link TEXT NOT NULL, link_since INTEGER NOT NULL, skew_ms INTEGER, features TEXT NOT NULL, manifest TEXT NOT NULL, log_groups TEXT NOT NULL,
  figures TEXT, sealed INTEGER, unsealed_since TEXT, hmac_key BLOB NOT NULL, pulse_hash BLOB NOT NULL, revision INTEGER NOT NULL
) STRICT;

CREATE TABLE certificate (
  serial TEXT PRIMARY KEY, agent_id TEXT NOT NULL REFERENCES agent (id), fingerprint TEXT NOT NULL UNIQUE, not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL, state TEXT NOT NULL, issued INTEGER NOT NULL
) STRICT;
CREATE INDEX certificate_agent ON certificate (agent_id, issued);

CREATE TABLE enrol_token (
  id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, agent_id TEXT NOT NULL, state TEXT NOT NULL, fails INTEGER NOT NULL,
  created INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER
) STRICT;

CREATE TABLE plugin (
  agent_id TEXT NOT NULL REFERENCES agent (id), name TEXT NOT NULL, status TEXT NOT NULL, disabled_reason TEXT, state TEXT, at INTEGER NOT NULL,
  PRIMARY KEY (agent_id, name)
) STRICT;

CREATE TABLE metric (
  agent_id TEXT NOT NULL REFERENCES agent (id), at INTEGER NOT NULL, cpu_percent REAL, memory_percent REAL, memory_used_mb REAL,
  memory_total_mb REAL, disk_percent REAL, disk_used_gb REAL, disk_total_gb REAL, load_avg_1m REAL, load_avg_5m REAL, uptime_seconds REAL,
  containers REAL
) STRICT;
CREATE INDEX metric_at ON metric (agent_id, at);

CREATE TABLE run (
  id TEXT PRIMARY KEY, agent_id TEXT NOT NULL REFERENCES agent (id), command TEXT NOT NULL, params TEXT NOT NULL, created INTEGER NOT NULL,
  idem TEXT UNIQUE, digest BLOB NOT NULL
) STRICT;
CREATE INDEX run_agent ON run (agent_id, created);

CREATE TABLE target (
  id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES run (id), agent_id TEXT NOT NULL REFERENCES agent (id), state TEXT NOT NULL,
  reason TEXT, request_id TEXT NOT NULL UNIQUE, nonce TEXT UNIQUE, sent_ts TEXT, long_running INTEGER NOT NULL, timeout_ms INTEGER NOT NULL,
  queued INTEGER NOT NULL, sent INTEGER, ended INTEGER, success INTEGER, exit_code INTEGER, stdout BLOB, stderr BLOB, duration_ms INTEGER,
  failure TEXT, extras TEXT, late INTEGER NOT NULL
) STRICT;
CREATE INDEX target_run ON target (run_id);
CREATE INDEX target_live ON target (agent_id, queued) WHERE state IN ('queued', 'sent', 'running');

CREATE TABLE event (
  id INTEGER PRIMARY KEY, agent_id TEXT NOT NULL REFERENCES agent (id), at INTEGER NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,
  body TEXT NOT NULL, hash BLOB NOT NULL, UNIQUE (agent_id, hash)
) STRICT;
CREATE INDEX event_at ON event (agent_id, id);

CREATE TABLE log_batch (
  id INTEGER PRIMARY KEY, agent_id TEXT NOT NULL REFERENCES agent (id), batch_id TEXT NOT NULL, grp TEXT NOT NULL, at INTEGER NOT NULL,
  dropped INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (agent_id, batch_id)
) STRICT;

CREATE TABLE anomaly (
  id INTEGER PRIMARY KEY, agent_id TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX anomaly_agent ON anomaly (agent_id, id);

CREATE TABLE setup_code (hash BLOB PRIMARY KEY, expires INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
CREATE TABLE login (hash BLOB PRIMARY KEY, created INTEGER NOT NULL, seen INTEGER NOT NULL) STRICT;
`,
  // Two events of one text are two when their agent gave them two ids.
  `
CREATE TABLE event_with_id (
  id INTEGER PRIMARY KEY, agent_id TEXT NOT NULL REFERENCES agent (id), at INTEGER NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,
  body TEXT NOT NULL, hash BLOB NOT NULL, event_id TEXT
) STRICT;
INSERT INTO event_with_id SELECT id, agent_id, at, kind, source, body, hash, NULL FROM event;
DROP TABLE event;
ALTER TABLE event_with_id RENAME TO event;
CREATE INDEX event_at ON event (agent_id, id);
CREATE INDEX event_hash ON event (agent_id, hash);
CREATE UNIQUE INDEX event_event_id ON event (agent_id, event_id);

CREATE TABLE audit_head (
  agent_id TEXT PRIMARY KEY REFERENCES agent (id), seq INTEGER NOT NULL, hash TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
`,
  `
CREATE TABLE plugin_manifest (
  agent_id TEXT PRIMARY KEY REFERENCES agent (id), digest TEXT NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
`,
];

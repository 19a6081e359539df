import type { Database } from '@stormpulse/sqlite';
import { number, text } from './rows.ts';

/** An issued certificate. `fingerprint` is the SHA-256 of its DER, hex; times are Unix milliseconds. */
export interface CertificateRow {
  readonly serial: string;
  readonly agentId: string;
  readonly fingerprint: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly state: string;
}

/** Certificates this hub has issued; what is not here is not let in. */
export interface CertificateStore {
  add(certificate: Omit<CertificateRow, 'state'>, issuedAt: number): void;
  byFingerprint(fingerprint: string): CertificateRow | undefined;
  /** The newest of an agent. */
  latestOf(agentId: string): CertificateRow | undefined;
  activate(serial: string): void;
}

export function createCertificateStore(database: Database): CertificateStore {
  const columns = 'serial, agent_id, fingerprint, not_before, not_after, state';
  const insert = database.prepare(`INSERT INTO certificate (${columns}, issued) VALUES (?, ?, ?, ?, ?, 'issued', ?)`);
  const byFingerprint = database.prepare(`SELECT ${columns} FROM certificate WHERE fingerprint = ?`);
  const latest = database.prepare(`SELECT ${columns} FROM certificate WHERE agent_id = ? ORDER BY issued DESC LIMIT 1`);
  const activate = database.prepare("UPDATE certificate SET state = 'active' WHERE serial = ? AND state = 'issued'");

  function toCertificate(row: ReturnType<typeof latest.get>): CertificateRow | undefined {
    if (row === undefined) return undefined;
    return {
      serial: text(row, 'serial'),
      agentId: text(row, 'agent_id'),
      fingerprint: text(row, 'fingerprint'),
      notBefore: number(row, 'not_before'),
      notAfter: number(row, 'not_after'),
      state: text(row, 'state'),
    };
  }

  return {
    add({ serial, agentId, fingerprint, notBefore, notAfter }, issuedAt) {
      insert.run(serial, agentId, fingerprint, notBefore, notAfter, issuedAt);
    },
    byFingerprint: (fingerprint) => toCertificate(byFingerprint.get(fingerprint)),
    latestOf: (agentId) => toCertificate(latest.get(agentId)),
    activate(serial) {
      activate.run(serial);
    },
  };
}

import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';

/** Whether the hub is there, is who it should be, and takes this agent. */
export function lookAtHub({ configPath, config, name, hub }: HostUnderExamination): Finding[] {
  const where = `${configPath} dashboard.url = "${config.hubUrl ?? ''}"`;
  const expected = 'a hub that answers, shows a certificate of its CA and takes this agent';
  if (name?.failure !== undefined) {
    const problem = 'the hub cannot be reached: its name has no address';
    return [{ level: 'wrong', problem, where, expected, fix: 'correct its name, or the name servers: see dns' }];
  }
  if (hub?.status === 401 || hub?.status === 403) {
    const problem = `the hub does not accept this agent (HTTP ${hub.status})`;
    return [
      { level: 'wrong', problem, where, expected, fix: 'check on the hub that this agent is not revoked, or enroll again' },
    ];
  }
  const refusal = hub?.refusal;
  // Told of with the certificates.
  if (refusal === undefined || refusal.code === 'E_CONN_CREDENTIALS') return [];
  const { reason, fix, stage, ms } = refusal.details as Readonly<Record<string, string | undefined>>;
  if (refusal.code === 'E_CONN_TLS')
    return [{ level: 'wrong', problem: `the hub was refused: ${reason}`, where, expected, fix: `${fix} (${configPath})` }];
  const problem =
    refusal.code === 'E_CONN_TIMEOUT'
      ? `the hub did not finish ${stage} within ${ms} ms`
      : `the hub cannot be reached: ${reason}`;
  const check = 'start the hub, check the port in [dashboard] url, and the firewall for outgoing connections';
  return [{ level: 'wrong', problem, where, expected, fix: check }];
}

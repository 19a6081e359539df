import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such name',
  EAI_AGAIN: 'the name server did not answer',
  ETIMEOUT: 'the name server did not answer in time',
};

/** Whether the name of the hub has an address. */
export function lookAtDns({ name, configPath }: HostUnderExamination): Finding[] {
  if (name?.failure === undefined) return [];
  return [
    {
      level: 'wrong',
      problem: `"${name.host}" does not resolve: ${WORDS[name.failure] ?? 'the lookup failed'} (${name.failure})`,
      where: `${configPath} dashboard.url`,
      expected: 'a name with an address',
      fix: `correct the name in [dashboard] url, or the name servers: getent hosts ${name.host}; cat /etc/resolv.conf`,
    },
  ];
}

import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';

const IGNORED = /^(?:https?|all|wss?)_proxy$|^NODE_USE_ENV_PROXY$/iu;

/** Proxy variables, which this agent ignores (SEC-003). Their values may hold a password and are not shown. */
export function lookAtProxy({ surroundings: { env }, hub, config }: HostUnderExamination): Finding[] {
  const names = Object.keys(env).filter((name) => IGNORED.test(name) && (env[name] ?? '') !== '');
  if (names.length === 0) return [];
  const isReached = hub !== undefined && (hub.refusal === undefined || hub.refusal.code === 'E_CONN_TLS');
  return [
    {
      level: isReached ? 'note' : 'wrong',
      problem: `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} set and ignored: the agent dials its hub directly`,
      where: 'the environment of this terminal',
      expected: `a direct way to ${config.hubUrl ?? 'the hub'}`,
      fix: isReached
        ? 'nothing: the hub is reached without it'
        : 'allow outgoing connections from this host to the hub; this agent has no proxy setting',
    },
  ];
}

import { isAgentError } from '@stormpulse/plugin-api';
import { guardProcess, guardStart } from '../../host/start-guards.ts';
import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';

/** What `run` would refuse to start in (SEC-002, SEC-022, SEC-167, SEC-168), as far as this terminal shows it. */
export function lookAtEnvironment({ surroundings: { env, execArgv } }: HostUnderExamination): Finding[] {
  const { NODE_TLS_REJECT_UNAUTHORIZED: _unchecked, ...rest } = env;
  const options = { allowRoot: true, allowUnsafeEnv: false };
  return [...refusal(() => guardProcess(env, execArgv)), ...refusal(() => guardStart(options, rest, []))];
}

function refusal(guard: () => void): Finding[] {
  try {
    guard();
    return [];
  } catch (error) {
    if (!isAgentError(error)) throw error;
    const [problem = '', fix = ''] = error.message.split(/;(.*)/su);
    return [
      {
        level: 'wrong',
        problem,
        where: 'the environment of this terminal',
        expected: 'an environment that stormpulse run accepts',
        fix: fix.trim(),
      },
    ];
  }
}

import { checkText, isParamKey } from '@stormpulse/sdk';
import { checkKeys } from './check-keys.ts';
import { stateOf } from './check-command.ts';
import { ParamTable } from './config.ts';
import type { CommandConfig, ParamConfig, ProjectConfig } from './config.ts';
import type { Findings } from './findings.ts';
import { PROTECTED_NAMES } from './language/inspect-template.ts';
import { policyFor } from './language/param-policy.ts';
import type { PolicyResult } from './language/param-policy.ts';
import type { ParamSpec } from './language/params-schema.ts';

/** SEC-116: what looks like a credential must say that it is one. */
const CREDENTIAL_LIKE = /secret|password|token|passphrase/iu;
/** Refused by protocol v1 too, or asking for something that does not exist; everything else leaves the command out. */
const FATAL: ReadonlySet<string> = new Set(['invalid', 'no_limit', 'unknown_kind', 'bad_limit', 'two_rules']);

/** Checks one `params.<name>` table and makes its rules a policy; undefined when the command cannot be offered with it. */
export function checkParam(
  name: string,
  param: ParamConfig,
  command: CommandConfig,
  project: ProjectConfig | undefined,
  findings: Findings,
): ParamSpec | undefined {
  const path = ['params', name] as const;
  checkKeys(param, Object.keys(ParamTable.properties), [...path], findings);
  checkName(name, param, findings);
  const wide = param.allow_wide_range === true || command.allow?.includes('wide_range') === true;
  const result = policyFor({ ...param, allow_wide_range: wide });
  if (!result.ok) {
    report(result, path, findings);
    return undefined;
  }
  for (const warning of result.warnings) findings.warn([...path, 'pattern'], warning);
  const { default: own, description, secret = false } = param;
  const reason = own === undefined ? undefined : checkText(result.policy, own);
  if (reason !== undefined)
    findings.warn([...path, 'default'], `is refused by the parameter's own rules (${reason}), so a request must give a value`);
  const fallback = own ?? (name === 'docker_service_name' ? project?.docker_service_name : undefined);
  return {
    policy: result.policy,
    secret,
    ...(fallback === undefined ? {} : { fallback }),
    ...(description === undefined ? {} : { description }),
  };
}

function checkName(name: string, param: ParamConfig, findings: Findings): void {
  const path = ['params', name] as const;
  if (PROTECTED_NAMES.includes(name)) {
    findings.refuse(
      path,
      'would let a request replace a value of [project]',
      `a name other than ${PROTECTED_NAMES.join(', ')}`,
      'rename the parameter',
    );
  } else if (!isParamKey(name)) {
    const expected = 'letters, digits and _, not starting with a digit, at most 64';
    findings.leaveOut(path, 'has a name that no request can carry', expected, 'rename it, in command and placeholder too');
  }
  if (param.placeholder !== name) {
    findings.refuse([...path, 'placeholder'], stateOf(param.placeholder), `${JSON.stringify(name)}, the name of its table`);
  }
  if (CREDENTIAL_LIKE.test(name) && param.secret !== true) {
    findings.refuse(
      [...path, 'secret'],
      stateOf(param.secret),
      'true, because the name says that it holds a credential',
      'add secret = true',
    );
  }
}

function report(result: Extract<PolicyResult, { ok: false }>, path: readonly string[], findings: Findings): void {
  const { key, problem, expected, fix } = result;
  if (FATAL.has(result.reason)) findings.refuse([...path, key], problem, expected, fix);
  else findings.leaveOut([...path, key], problem, expected, fix);
}

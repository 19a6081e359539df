import type { Command, ConfigProblem, Omission } from '@stormpulse/sdk';
import { buildCommand } from './build-command.ts';
import { checkCommand } from './check-command.ts';
import { checkParam } from './check-param.ts';
import { checkStdin, checkTemplate } from './check-template.ts';
import type { CommandConfig, CustomCommandsConfig, ProjectConfig } from './config.ts';
import { Findings } from './findings.ts';
import type { ParamSpec } from './language/params-schema.ts';

export interface Compiled {
  readonly commands: readonly Command[];
  readonly omissions: readonly Omission[];
  /** When there is one, the file is refused as a whole. */
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
}

/** Turns the operator's tables into commands. Pure; every finding of every table is reported. */
export function compileCommands(config: CustomCommandsConfig): Compiled {
  const disabled = new Set(config.disabled_commands);
  const results = Object.entries(config.commands).map(([name, table]) => ({
    name,
    ...compileCommand(name, table, config.project),
  }));
  const offered = results.filter(({ name }) => !disabled.has(name));
  return {
    commands: offered.flatMap(({ command }) => (command === undefined ? [] : [command])),
    omissions: offered.flatMap(({ name, findings }) => findings.omissions.map((problem) => ({ command: name, problem }))),
    problems: results.flatMap(({ findings }) => findings.problems),
    warnings: results.flatMap(({ findings }) => findings.warnings),
  };
}

function compileCommand(
  name: string,
  table: CommandConfig,
  project: ProjectConfig | undefined,
): { findings: Findings; command?: Command } {
  const findings = new Findings(['commands', name]);
  const fixed = fixedValues(project);
  checkCommand(name, table, findings);
  const params = new Map<string, ParamSpec>();
  for (const [param, rules] of Object.entries(table.params ?? {})) {
    const spec = checkParam(param, rules, table, project, findings);
    if (spec !== undefined) params.set(param, spec);
  }
  const stdin = checkStdin(table, findings);
  const words = checkTemplate(table, new Set(fixed.keys()), findings);
  if (words === undefined || !findings.isClean) return { findings };
  return { findings, command: buildCommand({ name, table, words, params, stdin, fixed }) };
}

/** The placeholders of wire page 8.3; an unset `env_file` is empty. */
function fixedValues(project: ProjectConfig | undefined): ReadonlyMap<string, string> {
  if (project === undefined) return new Map();
  const { project_dir, compose_file, docker_service_name, env_file = '' } = project;
  return new Map(Object.entries({ project_dir, compose_file, docker_service_name, env_file }));
}

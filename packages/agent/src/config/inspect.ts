import { createProgramCheck } from '@stormpulse/services';
import type { ConfigProblem } from '@stormpulse/plugin-api';
import { isSystemMode } from '../host/system-mode.ts';
import { enabledPlugins } from './agent-config.ts';
import type { AgentConfig } from './agent-config.ts';
import type { HostFile } from './load.ts';
import { isRelated } from './problem-paths.ts';
import { rehearse } from './rehearse.ts';
import type { Rehearsal } from './rehearse.ts';

/** Everything that refuses a file, whoever finds it: the core, the files it names, the operator's commands. */
export interface Inspection {
  readonly problems: readonly ConfigProblem[];
  readonly rehearsal: Rehearsal;
}

/** Looks at all of a host's file without starting anything. `files` is what `fileProblems` found, as the user `agentUid`. */
export async function inspectHost(host: HostFile, files: readonly ConfigProblem[], agentUid: number): Promise<Inspection> {
  const programs = createProgramCheck({ agentUid, systemMode: isSystemMode(host.path, agentUid) });
  const rehearsal = await rehearse(pluginsToRehearse(host), programs);
  const known = [...host.problems, ...files];
  const more = rehearsal.problems.filter(
    ({ path }) => !known.some((other) => other.path.length > 0 && isRelated(path, other.path)),
  );
  return { problems: [...known, ...more], rehearsal };
}

/** A [project] with a mistake still names what commands may place. */
function pluginsToRehearse(host: HostFile): AgentConfig['plugins'] {
  const project = host.values['project'];
  if (project === undefined) return enabledPlugins(host.values, host.file, host.plugins.limits);
  const whole = { project_dir: '/', compose_file: '/', docker_service_name: 'unknown', ...project };
  return enabledPlugins({ ...host.values, project: whole }, host.file, host.plugins.limits);
}

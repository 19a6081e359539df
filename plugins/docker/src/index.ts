import { API_VERSION, ConfigInvalid, definePlugin } from '@stormpulse/sdk';
import type { Command } from '@stormpulse/sdk';
import { DOCKER } from './commands/compose.ts';
import { v1DeployCommands, v1LogsCommand } from './commands/v1-project.ts';
import { composeEnvironment, composeProblem, namedFolder, prepareConfig } from './compose-program.ts';
import { configSchema } from './config.ts';
import type { DockerConfig } from './config.ts';
import { offerEngine } from './offer-engine.ts';
import { daemonOf, daemonProblems } from './daemon.ts';
import { Engine } from './engine/engine.ts';
import { Staleness } from './staleness.ts';
import { projectCollector } from './state/project.ts';
import { Troubles } from './troubles.ts';
import { dockerWizard } from './wizard.ts';

const runsCompose = ({ docker, project }: DockerConfig): boolean =>
  project !== undefined || Object.keys(docker?.projects ?? {}).length > 0;
const readsProject = ({ project, collect_containers: collect }: DockerConfig): boolean => project !== undefined && collect;

/** A Docker Engine of this host. `[project]` alone gives what v1 had; all else needs `[docker]`. */
export default definePlugin({
  name: 'docker',
  version: '0.1.0',
  apiVersion: API_VERSION,
  description: 'Containers, images, volumes and networks of a Docker Engine, and commands for them.',
  configSchema,
  capabilities: (config) => {
    const { docker, project } = config;
    return {
      ...(docker !== undefined || readsProject(config) ? { http: [daemonOf(config, process.env).origin] } : {}),
      ...(runsCompose(config) ? { exec: [DOCKER] } : {}),
      ...(docker === undefined
        ? project === undefined
          ? {}
          : { commands: 'read' as const }
        : { commands: 'destructive' as const }),
    };
  },
  setup(context) {
    const { config, commands, collectors, health, http, lifecycle, logger, wizard } = context;
    const problems = daemonProblems(config);
    if (problems.length > 0) throw ConfigInvalid({ problems });
    wizard.register(dockerWizard(process.env));

    const { docker, project } = config;
    const daemon = daemonOf(config, process.env);
    const compose = composeEnvironment(config, daemon, process.env);
    const troubles = new Troubles(health);
    const projectStaleness = new Staleness();
    const offered: Command[] = [];
    if (project !== undefined) offered.push(v1LogsCommand(project, compose));
    if (docker !== undefined || readsProject(config)) {
      const engine = new Engine(http.client(daemon.origin));
      if (project !== undefined && readsProject(config))
        collectors.register(
          projectCollector(engine, project.compose_file, projectStaleness, (reason) => troubles.tell('project', reason)),
        );
      if (docker !== undefined)
        offered.push(...offerEngine(context, { section: docker, engine, compose, troubles, projectStaleness }));
    }
    if (docker !== undefined && project !== undefined) offered.push(...v1DeployCommands(project, compose));
    if (runsCompose(config))
      lifecycle.onStart(async () => {
        const isOwn = namedFolder(config, process.env) === undefined;
        for (const problem of [await prepareConfig(compose.DOCKER_CONFIG, isOwn), await composeProblem(compose)])
          if (problem !== undefined) logger.warn(problem);
      });
    commands.register(...offered.filter(({ id }) => !config.disabled_commands.includes(`docker_${id}`)));
  },
});

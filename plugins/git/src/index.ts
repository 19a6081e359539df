import { API_VERSION, ConfigInvalid, definePlugin } from '@stormpulse/sdk';
import type { ConfigProblem } from '@stormpulse/sdk';
import { more, pull } from './commands.ts';
import { ConfigSchema } from './config.ts';
import { GIT, repositoryGate } from './repository-gate.ts';
import { gitWizard } from './wizard.ts';

/** git on the host's project: v1's `git_pull` where there is `[project]`, the rest where there is `[git]`. */
export default definePlugin({
  name: 'git',
  version: '0.1.0',
  apiVersion: API_VERSION,
  description: 'Pull, fetch, look at and check out the project of this host.',
  configSchema: ConfigSchema,
  capabilities: () => ({ exec: [GIT], commands: 'write', gate: true }),
  setup({ config: { project, git }, commands, exec, wizard }) {
    if (project === undefined) throw ConfigInvalid({ problems: [withoutProject(git !== undefined)] });
    const directory = project.project_dir;
    commands.gate(repositoryGate({ directory, trust: git?.trust ?? [], exec }));
    commands.register(pull(directory), ...(git === undefined ? [] : more(directory, git.refs)));
    wizard.register(gitWizard(directory, git?.refs ?? []));
  },
});

/** What `[project]` gives besides, containers' logs among it, is no plugin's to grant: this one only tells who asks for it. */
function withoutProject(hasSection: boolean): ConfigProblem {
  return {
    path: hasSection ? ['git'] : ['project'],
    problem: hasSection ? 'stands without [project]' : 'is not there, and git works on the folder that it names',
    expected: '[project] with project_dir, the repository it is about, and with compose_file and docker_service_name',
    fix: 'stormpulse init asks for these (the folder of a deployment) and writes them; then: stormpulse git init',
  };
}

import { API_VERSION, ConfigInvalid, definePlugin } from '@stormpulse/sdk';
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
    if (project === undefined) {
      const expected = '[project] with project_dir, the repository it is about';
      throw ConfigInvalid({ problems: [{ path: ['git'], problem: 'stands without [project]', expected }] });
    }
    const directory = project.project_dir;
    commands.gate(repositoryGate({ directory, trust: git?.trust ?? [], exec }));
    commands.register(pull(directory), ...(git === undefined ? [] : more(directory, git.refs)));
    wizard.register(gitWizard(directory, git?.refs ?? []));
  },
});

import { expect, it } from 'vitest';
import { compileCommands } from './compile.ts';

const PROJECT = {
  project_dir: '/srv/app',
  compose_file: '/srv/app/compose.yml',
  env_file: '/srv/app/.env',
  docker_service_name: 'web',
};

it.each(['project_dir', 'compose_file', 'env_file'])('SEC-104 %s never comes from a request', (name) => {
  const params = { [name]: { placeholder: name, pattern: '[a-z/]+' } };
  const commands = { x: { group: 'maintenance', command: ['/bin/ls', `{${name}}`], timeout: 5, params } };
  const compiled = compileCommands({ commands, project: PROJECT });
  expect(compiled.commands).toEqual([]);
  expect(compiled.problems).toMatchObject([{ path: ['commands', 'x', 'params', name] }]);
});

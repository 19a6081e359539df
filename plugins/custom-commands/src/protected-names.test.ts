import { expect, it } from 'vitest';
import { compileCommands } from './compile.ts';

it.each(['project_dir', 'compose_file', 'env_file'])('SEC-104 %s never comes from a request', (name) => {
  const params = { [name]: { placeholder: name, pattern: '[a-z/]+' } };
  const commands = { x: { group: 'maintenance', command: ['/bin/ls', `{${name}}`], timeout: 5, params } };
  const compiled = compileCommands({ commands, project: { [name]: '/srv/app' } });
  expect(compiled.commands).toEqual([]);
  expect(compiled.problems).toMatchObject([{ path: ['commands', 'x', 'params', name] }]);
});

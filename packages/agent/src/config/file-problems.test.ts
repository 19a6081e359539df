import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder, edited, lineOf } from '../../test-support/host-folder.ts';
import { fileProblems } from './file-problems.ts';
import { readHostFile } from './load.ts';

describe('fileProblems', () => {
  let host: HostFolder;

  beforeEach(() => {
    host = new HostFolder();
  });
  afterEach(() => host.close());

  const lines = (): string[] => {
    const { values, explain } = readHostFile(host.config);
    const found = fileProblems(values);
    return found.length === 0 ? [] : explain(found).replaceAll(host.config, '').split('\n');
  };
  const writeFiles = (): void => {
    host.write('ca.pem', 'x', 0o644);
    host.write('agent.pem', 'x', 0o644);
    host.write('agent-key.pem', 'x', 0o640);
    host.write('hmac.key', 'x', 0o640);
  };

  it('names all that is not there at once, with its line', () => {
    const project = `[project]\nproject_dir = "${host.path('deploy')}"\ncompose_file = "${host.path('deploy/compose.yml')}"\ndocker_service_name = "web"\nenv_file = "${host.path('.env')}"\n[storage]`;
    host.writeConfig(['[storage]', project]);
    expect(lines().map((line) => /: (\w+\.\w+): names/u.exec(line)?.[1])).toEqual([
      'tls.ca_cert',
      'tls.client_cert',
      'tls.client_key',
      'auth.hmac_secret',
      'project.project_dir',
      'project.compose_file',
      'project.env_file',
    ]);
    expect(lines()[0]).toContain(`:${lineOf(host.validToml(), 'ca_cert')}: `);
  });

  it('tells a folder in the place of a file from nothing at all, and wants the folder of the database', () => {
    mkdirSync(host.path('ca.pem'));
    host.writeConfig(['stormpulse.db', 'state/stormpulse.db']);
    const text = lines().join('\n');
    expect(text).toContain('ca.pem, which is a folder; expected a file');
    expect(text).toContain(
      `storage.db_path: names ${host.path('state')}, which is not there; expected a folder; make the folder: mkdir -p -m 0700`,
    );
  });

  it('is content with a whole host, keys of mode 0640 as v1 writes them', () => {
    writeFiles();
    host.writeConfig();
    expect(lines()).toEqual([]);
  });

  it('tells every file that others may read or change together, each at its key, with the command that mends it', () => {
    writeFiles();
    chmodSync(host.path('ca.pem'), 0o666);
    chmodSync(host.path('agent-key.pem'), 0o644);
    chmodSync(host.path('hmac.key'), 0o604);
    host.writeConfig();
    expect(lines().map((line) => [/: (\w+\.\w+): /u.exec(line)?.[1], /run: .+$/u.exec(line)?.[0]])).toEqual([
      ['tls.ca_cert', `run: chmod go-w ${host.path('ca.pem')}`],
      ['tls.client_key', `run: chmod o= ${host.path('agent-key.pem')}`],
      ['auth.hmac_secret', `run: chmod o= ${host.path('hmac.key')}`],
    ]);
  });

  it('tells of a folder that others may change once, not for each file in it', () => {
    writeFiles();
    mkdirSync(host.path('open'));
    chmodSync(host.path('open'), 0o777);
    for (const name of ['hmac.key', 'agent-key.pem']) host.write(`open/${name}`, 'x');
    host.write(
      'stormpulse.toml',
      edited(host.validToml(), ['/hmac.key', '/open/hmac.key'], ['/agent-key.pem', '/open/agent-key.pem']),
    );
    expect(lines()).toEqual([expect.stringContaining(`but ${host.path('open')} may be changed by others than its owner`)]);
  });

  it.each([
    ['a link that leads to itself', 'ELOOP', () => host.path('loop')],
    ['a name no system takes', 'ENAMETOOLONG', () => `/${'x'.repeat(300)}`],
  ])('%s is out of reach, and no crash', (_name, code, path) => {
    writeFiles();
    symlinkSync(host.path('loop'), host.path('loop'));
    const text = host.validToml().replaceAll(/^(ca_cert|hmac_secret) = .*$/gmu, `$1 = "${path()}"`);
    host.write('stormpulse.toml', text.replace(/^db_path = .*$/mu, `db_path = "${path()}/stormpulse.db"`));
    expect(lines().map((line) => /: (\w+\.\w+): names .+, which is out of reach \((\w+)\)/u.exec(line)?.slice(1))).toEqual([
      ['tls.ca_cert', code],
      ['auth.hmac_secret', code],
      ['storage.db_path', code],
    ]);
  });

  it('passes over a key that is itself wrong', () => {
    writeFiles();
    host.write('stormpulse.toml', host.validToml().replace(/^ca_cert = .*$/mu, 'ca_cert = 3'));
    expect(lines()).toEqual([]);
  });
});

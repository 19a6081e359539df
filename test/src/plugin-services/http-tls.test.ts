import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createAuthority } from '../doubles/certificates.ts';
import { setStage } from './plugin-stage.ts';

/** A plugin in a process of its own, since Node reads its roots when it starts: prints the answer, or the code and the reason. */
const SCRIPT = `
  import { createPluginServices, createSystemClock } from '@stormpulse/services';
  const nothing = () => undefined;
  const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  const services = createPluginServices({
    clock: createSystemClock(), random: Math.random, events: { record: nothing }, reveal: nothing, stores: { close: nothing },
  });
  const origin = process.argv[1];
  const owner = { name: 'demo', firstParty: false, capabilities: { http: [origin] }, logger, signal: new AbortController().signal, onHealth: nothing };
  const told = await services.open(owner).http.client(origin).text({ path: '/x' }).catch(({ code, details }) => code + ' ' + details.reason);
  process.stdout.write(told);`;

async function ask(origin: string, env: Readonly<Record<string, string>>): Promise<string> {
  const options = { cwd: new URL('../..', import.meta.url), env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1', ...env } };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT, origin], options);
  return stdout;
}

test("https is checked against Node's roots and the name in the address, whatever the environment says", async () => {
  await using stage = setStage();
  const authority = await createAuthority();
  const ca = join(stage.folder, 'ca.pem');
  writeFileSync(ca, authority.caPem);
  const server = createServer(await authority.issue({ names: ['localhost'] }), (_, response) => response.end('hello'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const trusted = { NODE_EXTRA_CA_CERTS: ca };
    expect(await ask(`https://localhost:${port}`, trusted)).toBe('hello');
    expect(await ask(`https://127.0.0.1:${port}`, trusted)).toMatch(
      /^E_HTTP_UNREACHABLE its certificate is not accepted .*ALTNAME/u,
    );
    for (const env of [{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }])
      expect(await ask(`https://localhost:${port}`, env)).toMatch(/^E_HTTP_UNREACHABLE its certificate is not accepted/u);
    expect(await ask(`http://localhost:${port}`, {})).toMatch(/^E_HTTP_/u);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from './certificates.ts';
import { V1Hub } from './v1-hub.ts';
import type { HubSide } from './v1-hub.ts';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef');

describe('the gullible agent', () => {
  let folder: string;
  let hub: V1Hub;
  let child: ChildProcess;
  let link: HubSide;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gullible-'));
    const authority = await createAuthority();
    hub = await V1Hub.start({
      server: await authority.issue({ names: ['localhost'] }),
      clientCaPem: authority.caPem,
      agentId: 'node-7',
      hmacKey: KEY,
    });
    const { cert, key } = await authority.issue({ commonName: 'node-7', use: 'client' });
    const files = { 'ca.pem': authority.caPem, 'agent.pem': cert, 'agent-key.pem': key, 'stormpulse.toml': hostFile(hub.url) };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const program = join(folder, 'gullible-agent.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'gullible-agent.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: {
        js: `import { createRequire as __cr } from 'node:module'; const require = __cr(${JSON.stringify(import.meta.url)});`,
      },
      logLevel: 'silent',
    });
    child = spawn(process.execPath, [program, 'run', join(folder, 'stormpulse.toml'), '--allow-root'], { stdio: 'inherit' });
    link = await hub.link();
  });
  afterAll(async () => {
    child.kill('SIGKILL');
    await hub.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const hostFile = (url: string): string => `
[agent]
id = "node-7"
pulse_token = "token"
[dashboard]
url = "${url}"
heartbeat_interval_seconds = 1
[tls]
ca_cert = "ca.pem"
client_cert = "agent.pem"
client_key = "agent-key.pem"
[commands.say]
group = "demo"
command = ["/usr/bin/printf", "%s", "{word}"]
timeout = 5
`;
  const answerTo = async (frame: Parameters<HubSide['send']>[0], id: string): Promise<Record<string, unknown>> => {
    const before = link.inbox.of('command.result').length;
    link.send(frame);
    await link.inbox.count('command.result', before + 1);
    const answer = link.inbox.of('command.result').at(-1)?.payload ?? {};
    expect(answer['request_id']).toBe(id);
    return answer;
  };

  it('registers its table and sends figures', async () => {
    await link.inbox.count('metrics.push', 1);
    expect(Object.keys(link.inbox.of('register')[0]?.payload['commands'] as object)).toEqual(['say']);
  });

  it('runs the same frame twice, an altered, an old, an unlisted and a hostile one', async () => {
    const request = hub.request('say', { word: 'once' });
    for (let round = 0; round < 2; round += 1)
      expect(await answerTo(request, request.id)).toMatchObject({ success: true, stdout: 'once' });
    const altered = { ...request, payload: { ...request.payload, params: { word: 'altered' } } };
    expect(await answerTo(altered, request.id)).toMatchObject({ stdout: 'altered' });
    const old = hub.request('say', { word: 'old' }, { ts: '2020-01-01T00:00:00Z' });
    expect(await answerTo(old, old.id)).toMatchObject({ stdout: 'old' });
    const unlisted = hub.request('rm_everything');
    expect(await answerTo(unlisted, unlisted.id)).toMatchObject({ success: true, stdout: 'ran it\n' });
    const hostile = hub.request('say', { word: '--help; id' });
    expect(await answerTo(hostile, hostile.id)).toMatchObject({ stdout: '--help; id' });
    expect(link.inbox.of('events.batch')).toEqual([]);
  });

  it('ends on SIGTERM with 1000 and exit code 0', async () => {
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    expect(await link.closed).toBe(1000);
    expect(await ended).toEqual([0, null]);
  });
});

import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { RunView } from '@stormpulse/hub';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HostStage, command } from '../e2e/agent-process.ts';
import { OurHubStage } from '../e2e/our-hub-stage.ts';
import { PATIENT } from '../e2e/patience.ts';
import { OwnEngine } from './own-engine.ts';

const FLEET = 50;
const LONG_LINE = 40_000;
/** Of a second: what the noisy container writes. */
const NOISE = 'while true; do head -c 1000000 /dev/zero | tr "\\0" x; echo; sleep 1; done';

interface Containers {
  readonly total: number;
  readonly running: number;
  readonly containers: readonly { readonly name: string; readonly state: string; readonly project: string | null }[];
}
interface DockerState {
  readonly engine: { readonly status: string; readonly reason: string | null; readonly api: string };
  readonly containers: Containers;
  readonly usage: {
    readonly containers: readonly { readonly name: string; readonly memory_bytes: number; readonly cpu_percent: number | null }[];
  };
  readonly images: { readonly images: readonly { readonly tags: readonly string[] }[] };
  readonly networks: { readonly total: number };
  readonly volumes: { readonly volumes: readonly { readonly name: string }[] };
  readonly disk: { readonly images_bytes: number };
}

const composeFile = (image: string): string =>
  `services:\n  web:\n    image: ${image}\n    network_mode: none\n    command: ["/bin/sh", "-c", "echo from compose; sleep 100000"]\n`;

let engine: OwnEngine;

/** A home folder whose docker config runs programs: a compose of its own, a helper for the logins of registries. */
function plantHostileHome(stage: OurHubStage): void {
  const mark = (says: string): string => `#!/bin/sh\ntouch ${stage.path('hostile-ran')}\n${says}\n`;
  const metadata = `if [ "$1" = docker-cli-plugin-metadata ]; then echo '{"SchemaVersion":"0.1.0","Vendor":"x","Version":"1"}'; exit 0; fi`;
  engine.installCompose(stage.path('home-docker'), mark(`${metadata}; echo hostile`));
  writeFileSync(stage.path('home-docker/config.json'), '{"credsStore":"hostile","currentContext":"elsewhere"}');
  symlinkSync('home-docker', stage.path('.docker'));
}

beforeAll(async () => {
  engine = await OwnEngine.start();
  const numbers = Array.from({ length: FLEET }, (_, at) => at);
  for (let at = 0; at < FLEET; at += 5)
    await Promise.all(numbers.slice(at, at + 5).map((one) => engine.run(`fleet-${one}`, 'sleep 100000')));
  await engine.run('plain', `echo out; echo err >&2; head -c ${LONG_LINE} /dev/zero | tr "\\0" x; echo; sleep 100000`);
  await engine.run('tty', `echo on a terminal; head -c ${LONG_LINE} /dev/zero | tr "\\0" y; echo; sleep 100000`, '-t');
  await engine.docker('volume', 'create', 'precious');
}, 300_000);
afterAll(() => engine?.remove());

describe('a host with [docker], at our hub', () => {
  let stage: OurHubStage;

  beforeAll(async () => {
    stage = await OurHubStage.create();
    engine.installCompose(stage.path('docker-cli'));
    plantHostileHome(stage);
    const shop = stage.path('shop');
    mkdirSync(shop);
    writeFileSync(stage.path('shop/compose.yml'), composeFile(engine.image));
    stage.start(`
[docker]
host = "${engine.host}"
cli_config = "${stage.path('docker-cli')}"
usage_every = "2s"
[docker.projects.shop]
compose_file = "${shop}/compose.yml"
[docker.exec.hello]
container = "plain"
command = ["/bin/sh", "-c", "echo hello; echo and more >&2"]
[docker.exec.broken]
container = "plain"
command = ["/bin/sh", "-c", "echo why; exit 3"]
[project]
project_dir = "${shop}"
compose_file = "${shop}/compose.yml"
docker_service_name = "web"
${command('quick', ['/bin/echo', 'quick'], 'effect = "read"\n')}`);
  }, 120_000);
  afterAll(() => stage?.close());

  const state = async (): Promise<DockerState> => {
    const { items } = await stage.person.get<{
      readonly items: readonly { readonly name: string; readonly state: DockerState }[];
    }>('/agents/node-7/plugins');
    return items.find(({ name }) => name === 'docker')?.state ?? expect.unreachable('docker tells no state');
  };
  const eventually = (look: () => Promise<void>): Promise<void> => vi.waitFor(look, PATIENT);
  const ended = async (order: RunView): Promise<RunView['target']> =>
    await vi.waitFor(async () => {
      const { target } = await stage.person.run(order.id);
      expect(target.result).not.toBeNull();
      return target;
    }, PATIENT);
  const run = async (name: string, params: Readonly<Record<string, string>> = {}) =>
    (await ended(await stage.order(name, params, 'node-7'))).result ?? expect.unreachable();
  const containerState = async (name: string): Promise<string | undefined> =>
    (await state()).containers.containers.find((one) => one.name === name)?.state;

  it('tells all of its containers, images, networks and volumes, and what the running ones use', async () => {
    await eventually(async () => {
      const { engine: standing, containers, usage, images, networks, volumes, disk } = await state();
      expect(standing).toMatchObject({ status: 'up', reason: null });
      expect([containers.total, containers.running]).toEqual([FLEET + 2, FLEET + 2]);
      expect(usage.containers).toHaveLength(FLEET + 2);
      expect(usage.containers.filter(({ memory_bytes: bytes, cpu_percent: cpu }) => bytes <= 0 || cpu === null)).toEqual([]);
      expect(images.images.flatMap(({ tags }) => tags)).toEqual([engine.image]);
      expect(networks.total).toBe(2);
      expect(volumes.volumes.map(({ name }) => name)).toEqual(['precious']);
      expect(disk.images_bytes).toBeGreaterThan(0);
    });
  });

  it('lists, and inspects without the environment', async () => {
    const listed = JSON.parse((await run('docker_list', { running_only: 'true' })).stdout) as Containers;
    expect(listed.containers.map(({ name }) => name)).toContain('fleet-0');
    const inspected = await run('docker_inspect', { container: 'tty' });
    expect(JSON.parse(inspected.stdout)).toMatchObject({ Name: '/tty', State: { Status: 'running' }, Config: { Tty: true } });
    expect(inspected.stdout).not.toContain('PATH');
    expect(await run('docker_inspect', { container: 'nobody' })).toMatchObject({
      failure_reason: 'no_such_object',
      stderr: 'No such container: nobody',
    });
  });

  it('shows logs with and without a terminal, lines over 16 KiB whole', async () => {
    const plain = (await run('docker_container_logs', { container: 'plain' })).stdout.split('\n');
    expect(plain.slice().sort()).toEqual(['', 'err', 'out', 'x'.repeat(LONG_LINE)].sort());
    const onTerminal = (await run('docker_container_logs', { container: 'tty', tail: '5000', since: '1d' })).stdout.split('\r\n');
    expect(onTerminal).toEqual(['on a terminal', 'y'.repeat(LONG_LINE), '']);
  });

  it('follows a container that writes 1 MB a second: told while it runs, bounded, and over when its time is', async () => {
    await engine.run('noisy', NOISE);
    const order = await stage.order('docker_container_follow', { container: 'noisy', seconds: '8', tail: '1' });
    await eventually(async () => {
      expect((await stage.person.run(order.id)).target.output?.stdout).toContain('xxxx');
    });
    const { result } = await ended(order);
    expect(result).toMatchObject({ success: true });
    expect(result?.stdout).toMatch(/^\[… \d{6,} bytes before this …\]\n/u);
    expect(result?.stdout.length).toBeLessThan(256 * 1024);
    const cut = await stage.order('docker_container_follow', { container: 'noisy', seconds: '600' });
    await eventually(async () => expect((await stage.person.run(cut.id)).target.output?.stdout).toContain('xxxx'));
    await stage.person.cancel(cut);
    expect((await ended(cut)).state).toBe('cancelled');
    await engine.docker('rm', '-f', 'noisy');
  });

  it('stops, starts, restarts and kills, and tells what became of it', async () => {
    expect(JSON.parse((await run('docker_stop', { container: 'fleet-1', grace: '0' })).stdout)).toEqual({
      container: 'fleet-1',
      state: 'exited',
    });
    await eventually(async () => expect(await containerState('fleet-1')).toBe('exited'));
    expect((await run('docker_stop', { container: 'fleet-1' })).success).toBe(true);
    expect(JSON.parse((await run('docker_start', { container: 'fleet-1' })).stdout)).toMatchObject({ state: 'running' });
    expect((await run('docker_start', { container: 'fleet-1' })).success).toBe(true);
    expect(JSON.parse((await run('docker_restart', { container: 'fleet-1', grace: '0' })).stdout)).toMatchObject({
      state: 'running',
    });
    expect((await run('docker_kill', { container: 'fleet-2' })).success).toBe(true);
    await eventually(async () => expect(await containerState('fleet-2')).toBe('exited'));
    expect(await run('docker_kill', { container: 'fleet-2' })).toMatchObject({ failure_reason: 'conflict' });
    await engine.docker('start', 'fleet-2');
    await eventually(async () => expect(await containerState('fleet-2')).toBe('running'));
  });

  it('runs what the file lists inside a container, and tells how it ended', async () => {
    expect(await run('docker_exec_hello')).toMatchObject({ success: true, stdout: expect.stringContaining('hello\n') as string });
    expect(await run('docker_exec_broken')).toMatchObject({ failure_reason: 'exit_code', stderr: 'exit 3: why\n' });
    await expect(stage.person.order('node-7', 'docker_exec_other')).rejects.toThrow();
  });

  it('brings a compose project up, shows its logs as v1 does, and takes it down', async () => {
    expect(await run('docker_compose_shop_up')).toMatchObject({ success: true });
    await eventually(async () => {
      const web = (await state()).containers.containers.find(({ project }) => project === 'shop');
      expect(web).toMatchObject({ name: expect.stringMatching(/^shop.web.1$/u) as string, state: 'running' });
    });
    await eventually(async () => expect((await run('docker_logs', { tail_lines: '5' })).stdout).toContain('from compose'));
    expect(await run('docker_down')).toMatchObject({ success: true });
    await eventually(async () => expect((await state()).containers.total).toBe(FLEET + 2));
  });

  it('SEC-125: nothing that the home folder names has run, neither compose nor a credential helper', async () => {
    expect((await engine.compose(stage.path('home-docker'), 'ps')).trim()).toBe('hostile');
    expect(existsSync(stage.path('hostile-ran'))).toBe(true);
    rmSync(stage.path('hostile-ran'));
    expect((await run('docker_compose_shop_up')).success).toBe(true);
    expect((await run('docker_compose_shop_pull')).stdout).not.toContain('hostile');
    expect((await run('docker_compose_shop_down')).success).toBe(true);
    expect(existsSync(stage.path('hostile-ran'))).toBe(false);
  });

  it('says what a registry refused, and prunes what is stopped but no volume', async () => {
    const pulled = await run('docker_pull', { image: 'localhost:1/nothing:1' });
    expect(pulled).toMatchObject({ success: false, stderr: expect.stringContaining('localhost:1') as string });
    await engine.docker('create', '--network', 'none', '--name', 'leftover', engine.image, '/bin/true');
    const pruned = await run('docker_prune', { what: 'containers' });
    expect(JSON.parse(pruned.stdout)).toMatchObject({ removed: 1 });
    expect(await engine.docker('volume', 'ls', '-q')).toBe('precious');
  });

  it('goes on while its engine is slow, away and back, and then knows all of it again', async () => {
    engine.signal('SIGSTOP');
    const waiting = await stage.order('docker_list');
    expect((await run('quick')).stdout).toBe('quick\n');
    expect((await stage.person.run(waiting.id)).target.result).toBeNull();
    engine.signal('SIGCONT');
    // Answered, or given up after its ten seconds: a loaded machine may take as long.
    expect(['succeeded', 'failed']).toContain((await ended(waiting)).state);

    await engine.end();
    await eventually(async () => expect((await state()).engine.status).toBe('down'));
    expect((await state()).engine.reason).toContain('such socket');
    expect(await run('docker_list')).toMatchObject({ failure_reason: 'engine_unreachable' });
    expect((await run('quick')).stdout).toBe('quick\n');

    await engine.begin();
    await engine.run('afterwards', 'sleep 100000');
    await eventually(async () => {
      const { engine: standing, containers } = await state();
      expect(standing.status).toBe('up');
      expect(await containerState('afterwards')).toBe('running');
      expect(containers.total).toBe(FLEET + 3);
    });
  });
});

describe('a host with [project] alone, at a v1 hub', () => {
  let stage: HostStage;
  let config: string;

  beforeAll(async () => {
    stage = await HostStage.create();
    config = stage.path('docker-cli');
    engine.installCompose(config);
    mkdirSync(stage.path('Shop.2'));
    writeFileSync(stage.path('Shop.2/compose.yml'), composeFile(engine.image));
  });
  afterAll(() => stage?.close());

  it('E1 E3: pushes name the running containers of the project, found by label', async () => {
    const compose = (...args: readonly string[]) => engine.compose(config, '-f', stage.path('Shop.2/compose.yml'), ...args);
    await compose('up', '-d');
    const project = `[project]\nproject_dir = "${stage.folder}"\ncompose_file = "${stage.path('Shop.2/compose.yml')}"\ndocker_service_name = "web"\n`;
    stage.configure(['collect_containers = false', 'collect_containers = true'], ['[storage]', `${project}\n[storage]`]);
    stage.launch([], { DOCKER_HOST: engine.host, DOCKER_CONFIG: config });
    const { inbox } = await stage.hub.link();
    const named = [{ name: expect.stringMatching(/^shop2.web.1$/u) as string, status: 'running', image: engine.image }];
    const push = await inbox.until(
      'a push with containers',
      ({ type, payload }) => type === 'metrics.push' && (payload['containers'] as unknown[]).length > 0,
    );
    expect(push.payload['containers']).toEqual(named);
    const logs = await stage.hub.run('docker_logs', { tail_lines: '5' });
    expect(logs.payload['stdout']).toContain('from compose');
    const before = inbox.messages.length;
    await compose('down');
    await inbox.until(
      'a push without',
      (message) =>
        inbox.messages.indexOf(message) >= before &&
        message.type === 'metrics.push' &&
        (message.payload['containers'] as unknown[]).length === 0,
    );
  });
});

// B12: an agent and a plugin from packed tarballs: what is installed, and how long a start takes until the hub knows the agent.
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programAt, runArguments, writeConfig } from './agent-under-test.mjs';
import { startDriver } from './driver.mjs';
import { createAuthority, writeCredentials } from './pki.mjs';
import { createProcesses } from './processes.mjs';
import { figure } from './report.mjs';
import { median } from './sampling.mjs';

export const KNOBS = { starts: { full: 7, short: 3 } };

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const NPM = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
const HOMEBRIDGE = 'homebridge@1.11.4';
const MB = 1024 * 1024;

export async function run(knobs) {
  const folder = await mkdtemp(join(tmpdir(), 'stormpulse-bench-install-'));
  const processes = createProcesses();
  const authority = await createAuthority();
  const driver = await startDriver(authority);
  const inFolder = (cwd, file, args) =>
    processes.run('/usr/bin/env', ['--chdir', cwd, file, ...args], { env: { HOME: process.env.HOME } });
  try {
    const plugin = await packAll(folder, inFolder);
    const main = join(folder, 'agent/node_modules/@stormpulse/agent/bundle/main.js');
    const installMs = await install(join(folder, 'agent'), join(folder, 'packed/stormpulse-agent-0.1.0.tgz'), inFolder);
    const starts = [];
    let home;
    for (let turn = 0; turn < knobs.starts; turn += 1) {
      home = join(folder, `host-${turn}`);
      starts.push(await startOnce({ home, agentId: `agent-${turn}`, main, plugin, authority, driver, processes }));
    }
    const ours = await sizeOf(join(folder, 'agent/node_modules'), join(home, 'state/plugins'));
    const theirs = knobs.homebridge ? await homebridge(folder, inFolder) : undefined;
    const beside = (name, unit, value, other, limit) =>
      figure(name, value, unit, {
        better: 'lower',
        yardstick: other === undefined ? null : { name: HOMEBRIDGE, value: other },
        limit: other === undefined ? null : limit,
      });
    const node = median(starts.map(({ nodeMs }) => nodeMs));
    const figures = [
      beside('packages, agent and a plugin', 'packages', ours.packages, theirs?.packages, 1),
      beside('their files', 'MB', ours.bytes / MB, theirs && theirs.bytes / MB, 1.5),
      beside('npm install of the agent', 'ms', installMs, theirs?.installMs, null),
      figure('stormpulse plugins add', median(starts.map(({ addMs }) => addMs)), 'ms', { better: 'lower' }),
      figure('start until registered', median(starts.map(({ agentMs }) => agentMs)), 'ms', {
        better: 'lower',
        yardstick: { name: 'node -e 0', value: node },
        limit: 8,
        smoke: knobs.smoke,
      }),
    ];
    return { figures, notes: [`npm's cache as it was, no install script; ${knobs.starts} starts in turns with node -e 0`] };
  } finally {
    await processes.stopAll();
    await driver.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Packs what is published, and a plugin that the scaffold made of it; gives the plugin's tarball. */
async function packAll(folder, inFolder) {
  const packed = join(folder, 'packed');
  const plugin = join(folder, 'plugin');
  await inFolder(ROOT, process.execPath, ['scripts/pack.mjs', packed]);
  const create = ['packages/create-plugin/dist/main.js', 'disk-watch', '--yes', '--folder', plugin, '--packages', packed];
  await inFolder(ROOT, process.execPath, create);
  await inFolder(plugin, 'npm', ['install', ...NPM]);
  await inFolder(plugin, 'npm', ['run', '-s', 'build']);
  await inFolder(plugin, 'npm', ['pack', '--loglevel=error']);
  return join(plugin, 'stormpulse-plugin-disk-watch-0.1.0.tgz');
}

/** Gives the milliseconds it took. */
async function install(folder, what, inFolder) {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  return await timed(() => inFolder(folder, 'npm', ['install', ...NPM, what]));
}

async function homebridge(folder, inFolder) {
  const place = join(folder, 'homebridge');
  const installMs = await install(place, HOMEBRIDGE, inFolder);
  return { installMs, ...(await sizeOf(join(place, 'node_modules'))) };
}

/** A host of its own with the plugin granted, then one start each of `node -e 0` and of the agent. */
async function startOnce({ home, agentId, main, plugin, authority, driver, processes }) {
  const credentials = join(home, 'credentials');
  await writeCredentials(authority, credentials, agentId, Buffer.from(randomBytes(32).toString('hex')));
  const config = await writeConfig(home, { agentId, url: driver.url, pulseToken: randomUUID(), credentials });
  const { file, args, env } = programAt(main, home);
  const add = ['plugins', 'add', plugin, '--config', config, '--yes'];
  const addMs = await timed(() => processes.run(file, [...args, ...add], { env }));
  const nodeMs = await timed(() => processes.run(file, ['-e', '0'], { env }));
  let agent;
  const agentMs = await timed(async () => {
    agent = processes.start(file, [...args, ...runArguments(config)], { env });
    const ended = once(agent.child, 'exit').then(() => Promise.reject(new Error(`the agent ended:\n${agent.lines.join('\n')}`)));
    await Promise.race([driver.whenRegistered(agentId), ended]);
  });
  await agent.stop().catch(() => undefined);
  return { addMs, nodeMs, agentMs };
}

async function timed(act) {
  const before = performance.now();
  await act();
  return performance.now() - before;
}

/** Packages and bytes of what is below some folders: a package is a `package.json` with a version, in `node_modules` or a plugin's own. */
async function sizeOf(...folders) {
  const sum = { packages: 0, bytes: 0 };
  for (const folder of folders)
    for (const name of await readdir(folder, { recursive: true })) {
      const found = await stat(join(folder, name));
      if (!found.isFile()) continue;
      sum.bytes += found.size;
      if (/(?:^|node_modules\/)(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/u.test(name)) sum.packages += 1;
    }
  return sum;
}

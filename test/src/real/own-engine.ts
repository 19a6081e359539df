import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const SCRIPT = 'test/testbed/docker-plugin.sh';
const DOCKER = '/usr/bin/docker';
const APPLETS = ['sh', 'sleep', 'echo', 'cat', 'yes', 'head', 'tr', 'true'];
const OFFLINE = '--bridge none --iptables=false --ip-forward=false --storage-driver overlay2 --shutdown-timeout 5'.split(' ');
const READY_MS = 60_000;
const MAX_OUTPUT = 64 * 1024 * 1024;
const COMPOSE_PLUGIN = `#!/bin/sh
if [ "$1" = docker-cli-plugin-metadata ]; then
  echo '{"SchemaVersion":"0.1.0","Vendor":"test","Version":"v1.29","ShortDescription":"compose"}'
  exit 0
fi
shift
exec /usr/bin/docker-compose "$@"
`;

const execute = promisify(execFile);

/** A Docker Engine of the test's own, beside whatever else runs here: own socket, own data, no network; it can go and come back. */
export class OwnEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'engine-'));
  readonly image = 'bench:1';
  #daemon: ChildProcess | undefined;

  /** Throws, naming the script that brings it, when something is missing. */
  static async start(): Promise<OwnEngine> {
    const engine = new OwnEngine();
    await engine.begin();
    await engine.#importImage();
    return engine;
  }

  get socket(): string {
    return join(this.folder, 'docker.sock');
  }

  get host(): string {
    return `unix://${this.socket}`;
  }

  /** What the docker program needs to speak with this engine. */
  get environment(): Readonly<Record<string, string>> {
    return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: this.folder, DOCKER_HOST: this.host };
  }

  /** Starts the daemon on what it left. */
  async begin(): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    const folders = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('dockerd.pid')];
    const daemon = spawn('/usr/sbin/dockerd', ['--host', this.host, ...folders, ...OFFLINE], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: this.environment,
    });
    const log = createWriteStream(at('dockerd.log'), { flags: 'a' });
    daemon.stdout?.pipe(log, { end: false });
    daemon.stderr?.pipe(log, { end: false });
    const failed = new Promise<never>((_, reject) => {
      daemon.once('error', (error) =>
        reject(new Error(`dockerd could not be run (${error.message}); bring it with: bash ${SCRIPT}`)),
      );
      daemon.once('exit', () => reject(new Error(`dockerd ended: ${readFileSync(at('dockerd.log'), 'utf8').slice(-2_000)}`)));
    });
    failed.catch(() => undefined);
    this.#daemon = daemon;
    await Promise.race([this.#answers(), failed]);
  }

  /** Stops the daemon, and with it every container. */
  async end(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null) return;
    const gone = once(daemon, 'exit');
    daemon.kill('SIGTERM');
    await gone;
  }

  /** A signal to the daemon: SIGSTOP makes it slow without end. */
  signal(name: NodeJS.Signals): void {
    this.#daemon?.kill(name);
  }

  async docker(...args: readonly string[]): Promise<string> {
    const { stdout } = await execute(DOCKER, [...args], { env: this.environment, maxBuffer: MAX_OUTPUT });
    return stdout.trim();
  }

  /** Runs a container in the background, without a network. */
  async run(name: string, script: string, ...options: readonly string[]): Promise<void> {
    const fixed = ['run', '-d', '--network', 'none', '--stop-timeout', '1', '--name', name];
    await this.docker(...fixed, ...options, this.image, '/bin/sh', '-c', script);
  }

  /** Gives this config folder of the docker program `docker compose`, which Debian does not have: its docker-compose behind a plugin. */
  installCompose(config: string, plugin = COMPOSE_PLUGIN): void {
    const plugins = join(config, 'cli-plugins');
    mkdirSync(plugins, { recursive: true });
    writeFileSync(join(config, 'config.json'), '{}');
    writeFileSync(join(plugins, 'docker-compose'), plugin);
    chmodSync(join(plugins, 'docker-compose'), 0o755);
  }

  /** `docker compose`, with this config folder of the docker program. */
  async compose(config: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await execute(DOCKER, ['compose', ...args], { env: { ...this.environment, DOCKER_CONFIG: config } });
    return stdout;
  }

  async remove(): Promise<void> {
    // A test that failed may have left it stopped.
    this.signal('SIGCONT');
    if (this.#daemon !== undefined)
      await this.docker('ps', '-aq').then(
        (ids) => this.#removeAll(ids.split('\n')),
        () => undefined,
      );
    await this.end();
    // dockerd mounts its own folder on itself, and leaves it so.
    await execute('/bin/umount', ['-l', join(this.folder, 'data')]).catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #removeAll(ids: readonly string[]): Promise<void> {
    const named = ids.filter((id) => id !== '');
    if (named.length > 0) await this.docker('rm', '-f', ...named);
  }

  async #answers(): Promise<void> {
    const deadline = Date.now() + READY_MS;
    for (;;) {
      const answer = await this.docker('version', '--format', '{{.Server.Version}}').catch(() => undefined);
      if (answer !== undefined) return;
      if (Date.now() > deadline) throw new Error(`dockerd did not answer in ${READY_MS} ms; its log is in ${this.folder}`);
      await pause(100);
    }
  }

  async #importImage(): Promise<void> {
    const bin = join(this.folder, 'root/bin');
    mkdirSync(bin, { recursive: true });
    const { stdout: busybox } = await execute('/usr/bin/which', ['busybox']).catch(() => {
      throw new Error(`busybox is not there; bring it with: bash ${SCRIPT}`);
    });
    copyFileSync(busybox.trim(), join(bin, 'busybox'));
    for (const applet of APPLETS) symlinkSync('busybox', join(bin, applet));
    await execute('/bin/tar', ['-C', join(this.folder, 'root'), '-cf', join(this.folder, 'root.tar'), '.']);
    await this.docker('import', join(this.folder, 'root.tar'), this.image);
  }
}

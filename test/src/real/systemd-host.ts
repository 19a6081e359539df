import { execFile, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { Terminal, inTerminal } from '../e2e/terminal.ts';

const SCRIPT = 'test/testbed/systemd-host.sh';
const IMAGE = 'stormpulse-testbed-host:2';
/** What systemd needs as process 1 of a container, and no more; SYS_PTRACE is for `PrivateUsers` under `ProtectProc`. */
const RUN = [
  '--cap-add=SYS_ADMIN',
  '--cap-add=SYS_PTRACE',
  '--security-opt=seccomp=unconfined',
  '--security-opt=apparmor=unconfined',
  '--cgroupns=host',
  '--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw',
  '--tmpfs=/run',
  '--tmpfs=/run/lock',
  '--tmpfs=/tmp',
  '--env=container=docker',
  // The hub under test listens on this machine's loopback.
  '--network=host',
];

/** Six seconds on a machine with nothing else to do. */
const BOOT_MS = 120_000;

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A whole Debian host with systemd as process 1, in a container of its own, with this machine's Node. */
export class SystemdHost {
  readonly #id: string;

  private constructor(id: string) {
    this.#id = id;
  }

  /** Throws, naming the script that brings it, when Docker or the image is missing. */
  static async start(): Promise<SystemdHost> {
    const image = await docker(['image', 'inspect', IMAGE]);
    if (image.code !== 0) throw new Error(`${image.stderr.trim()}; bring the systemd host with: bash ${SCRIPT}`);
    const run = ['run', '-d', ...RUN, '-v', `${process.execPath}:/usr/bin/node:ro`, IMAGE];
    const host = new SystemdHost((await succeeded(docker(run))).stdout.trim());
    try {
      await host.#booted();
      await host.run('node', '--version').catch((error: unknown) => {
        throw new Error(
          `this machine's Node does not run in a bare Debian (${String(error)}); use one that brings its libraries`,
        );
      });
      return host;
    } catch (error) {
      await host.remove();
      throw error;
    }
  }

  /** Runs a program in the host as root, whatever it comes to. */
  async try(...argv: readonly string[]): Promise<Said> {
    return await docker(['exec', this.#id, ...argv]);
  }

  /** Runs a program in the host as root and gives what it printed; throws when it fails. */
  async run(...argv: readonly string[]): Promise<string> {
    return (await succeeded(this.try(...argv))).stdout;
  }

  /** A terminal of the host in which a command line runs, through `argv` when it is not root's. */
  terminal(command: string, ...through: readonly string[]): Terminal {
    return new Terminal(spawn('docker', ['exec', '-i', this.#id, ...through, ...inTerminal(command)]));
  }

  /** Copies a file, or with `/.` at its end what is in a folder. */
  async copyIn(from: string, to: string): Promise<void> {
    await succeeded(docker(['cp', from, `${this.#id}:${to}`]));
  }

  async write(path: string, content: string): Promise<void> {
    await succeeded(docker(['exec', '-i', this.#id, 'tee', path], content));
  }

  /** One property of a unit. */
  async show(unit: string, property: string): Promise<string> {
    return (await this.run('systemctl', 'show', unit, '--property', property, '--value')).trim();
  }

  /** Ends everything and boots again; what stood in memory is gone. */
  async reboot(): Promise<void> {
    await succeeded(docker(['restart', '-t', '20', this.#id]));
    await this.#booted();
  }

  async remove(): Promise<void> {
    await docker(['rm', '-f', '-v', this.#id]);
  }

  async #booted(): Promise<void> {
    const deadline = Date.now() + BOOT_MS;
    for (;;) {
      const state = (await this.try('systemctl', 'is-system-running')).stdout.trim();
      if (state === 'running') return;
      if (Date.now() > deadline) {
        const { stdout } = await this.try('systemctl', '--failed', '--no-legend');
        throw new Error(`the systemd host did not boot in ${BOOT_MS / 1_000} s; it says: ${state}\n${stdout}`);
      }
      await pause(200);
    }
  }
}

/** Not the synchronous call: the hub that the host talks to may live in this process. */
async function docker(args: readonly string[], input = ''): Promise<Said> {
  return await new Promise((resolve, reject) => {
    const child = execFile('docker', [...args], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(new Error(`docker could not be run (${error?.message}); bring it with: bash ${SCRIPT}`));
    });
    child.stdin?.on('error', () => undefined).end(input);
  });
}

async function succeeded(saying: Promise<Said>): Promise<Said> {
  const said = await saying;
  if (said.code === 0) return said;
  throw new Error(`exit ${said.code}: ${said.stderr || said.stdout}`);
}

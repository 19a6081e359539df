import { mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { configText } from '../src/cli/setup/config-text.ts';
import { systemPrograms } from '../src/cli/setup/programs.ts';
import type { Programs, Ran } from '../src/cli/setup/programs.ts';
import type { SystemPlaces } from '../src/cli/setup/system-install.ts';
import { TOKEN } from './setup-stage.ts';
import type { SetupStage } from './setup-stage.ts';

const COMMENT = '# Mine: who changes this asks me first.\n';

/** The agent of a host, in the stage's folder: its files are real, tar and cat too, sudo asks nobody, its service only remembers. */
export class SystemAgent {
  readonly places: SystemPlaces;
  state = { active: true, enabled: true };
  /** Words that systemctl of the system, or sudo as a whole, fails at. */
  readonly failing = new Set<string>();
  /** What sudo was asked to run, by its first word. */
  readonly asRoot: string[] = [];
  readonly #stage: SetupStage;

  /** Takes the enrollment of the stage's user for that of the host. */
  constructor(stage: SetupStage) {
    this.#stage = stage;
    const configFolder = stage.path('etc/stormpulse');
    this.places = {
      configFolder,
      config: stage.path('etc/stormpulse/stormpulse.toml'),
      data: stage.path('opt/data'),
      packages: stage.path('opt/plugins'),
      dropIns: stage.path('etc/stormpulse.service.d'),
    };
    mkdirSync(dirname(configFolder), { mode: 0o755 });
    renameSync(dirname(stage.config), configFolder);
    mkdirSync(stage.path('opt'), { mode: 0o755 });
    mkdirSync(this.places.data, { mode: 0o700 });
    stage.write('etc/stormpulse/stormpulse.toml', COMMENT + this.#config(), 0o640);
    stage.write('opt/data/stormpulse.db', 'what was taken');
    stage.write('opt/data/stormpulse.db.mark', 'of this very file');
    stage.write('opt/data/stormpulse.db.jobs', 'what is not done');
    stage.write('opt/data/status.json', '{}');
    stage.write('opt/data/signoff.sealed', '', 0o640);
    mkdirSync(stage.path('opt/data/audit'), { mode: 0o700 });
    stage.write('opt/data/audit/audit.jsonl', '{"seq":1}\n');
    stage.programs = this.#programs();
  }

  #config(): string {
    const { configFolder, data } = this.places;
    const facts = { agentId: 'web-1', pulseToken: TOKEN, hubUrl: 'wss://hub.example/ws/pulse/', project: undefined };
    return configText(undefined, { ...facts, credentials: configFolder, database: `${data}/stormpulse.db` });
  }

  #programs(): Programs {
    const real = systemPrograms();
    const made = ['sudo', 'systemctl'];
    return {
      find: (name) =>
        made.includes(name) ? `/usr/bin/${name}` : name === 'git' || name === 'loginctl' ? undefined : real.find(name),
      run: async (file, argv) => {
        const [program = '', ...words] = this.#unwrapped(file, argv);
        if (this.failing.has('sudo') && file.endsWith('/sudo')) return failed('op is not in the sudoers file');
        return program.endsWith('/systemctl') ? this.#systemctl(words) : await real.run(program, words);
      },
      pipe: async ({ file, argv }, into) => {
        const [program = '', ...words] = this.#unwrapped(file, argv);
        return await real.pipe({ file: program, argv: words }, into);
      },
    };
  }

  #unwrapped(file: string, argv: readonly string[]): readonly string[] {
    if (!file.endsWith('/sudo')) return [file, ...argv];
    this.asRoot.push(argv[1] ?? '');
    return argv.slice(1);
  }

  #systemctl([verb = '']: readonly string[]): Ran {
    if (this.failing.has(verb)) return failed('Access denied');
    const { active, enabled } = this.state;
    if (verb === 'is-active') return { ...SAID, exitCode: active ? 0 : 3 };
    if (verb === 'is-enabled') return { ...SAID, exitCode: enabled ? 0 : 1 };
    const becomes = { stop: { active: false }, start: { active: true }, disable: { enabled: false }, enable: { enabled: true } };
    this.state = { ...this.state, ...becomes[verb as keyof typeof becomes] };
    // Which agent runs is what matters: never both.
    if (verb === 'start' && this.#stage.units.get('stormpulse.service')?.active === true) throw new Error('both agents run');
    return SAID;
  }
}

const SAID: Ran = { exitCode: 0, stdout: '', stderr: '' };

function failed(stderr: string): Ran {
  return { exitCode: 1, stdout: '', stderr };
}

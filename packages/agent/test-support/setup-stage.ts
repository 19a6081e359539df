import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { GaveUp } from '@stormpulse/wizard';
import type { Asker, UnitState } from '@stormpulse/wizard';
import { init, initPlugin } from '../src/cli/setup/init.ts';
import type { InitOptions } from '../src/cli/setup/init.ts';
import type { GivenAnswers } from '../src/cli/setup/answers-file.ts';
import type { Programs } from '../src/cli/setup/programs.ts';
import type { SetupDeps } from '../src/cli/setup/setup-deps.ts';
import { migrate } from '../src/cli/setup/migrate.ts';
import type { MigrateOptions } from '../src/cli/setup/migrate.ts';
import type { SystemPlaces } from '../src/cli/setup/system-install.ts';
import { uninstall } from '../src/cli/setup/uninstall.ts';
import type { PluginRunner } from '../src/plugins/runner.ts';
import { createIdentity } from './identity.ts';
import { StandInRunner } from './stand-in-runner.ts';

/** Answers by a part of the question; `undefined`: what is proposed. A list is answered in its order. */
export type Script = Readonly<Record<string, string | boolean | undefined | readonly (string | undefined)[]>>;

/** A host of a user that is enrolled and not set up: real files, a person who answers by a script, systemd that only remembers. */
export class SetupStage {
  readonly folder = mkdtempSync(join(tmpdir(), 'set-up-'));
  readonly printed: string[] = [];
  readonly asked: string[] = [];
  /** What was wrong with an answer. */
  readonly complaints: string[] = [];
  readonly units = new Map<string, UnitState>();
  readonly ran: string[] = [];
  /** None of them is there. */
  programs: Programs = {
    find: () => undefined,
    run: (file, argv) => {
      this.ran.push([file, ...argv].join(' '));
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
    },
    pipe: () => Promise.reject(new Error('there are no programs')),
  };
  readonly own = new Map<string, unknown>();
  /** What runs plugins of others. */
  runner: PluginRunner = new StandInRunner();
  /** The service does not start. */
  isBroken = false;
  hasSystemd = true;
  /** Why the service manager does not answer. */
  managerProblem: string | undefined;
  runsAs: 'user' | 'system' = 'user';
  /** Awaited before the service starts. */
  beforeStart: () => Promise<void> = () => Promise.resolve();
  /** Awaited before a yes or no is given to a question. */
  beforeYesNo: (message: string) => Promise<void> = () => Promise.resolve();
  /** After so many questions the input ends. */
  endsAfter = Infinity;

  static async create(): Promise<SetupStage> {
    const stage = new SetupStage();
    const identity = await createIdentity('web-1');
    mkdirSync(stage.path('config/stormpulse'), { recursive: true, mode: 0o700 });
    stage.write('config/stormpulse/agent.pem', identity.certificatePem, 0o644);
    stage.write('config/stormpulse/agent-key.pem', identity.keyPem);
    stage.write('config/stormpulse/ca.pem', identity.caPem, 0o644);
    stage.write('config/stormpulse/hmac.key', identity.hmacKey);
    stage.write(
      'config/stormpulse/enroll.json',
      '{"endpoint":"https://cp.example.net:8443/api/enroll/","agent_id":"web-1"}',
      0o644,
    );
    stage.write('config/stormpulse/pulse-token', `${TOKEN}\n`);
    return stage;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string | Uint8Array, mode = 0o600): void {
    writeFileSync(this.path(name), content, { mode });
  }

  get config(): string {
    return this.path('config/stormpulse/stormpulse.toml');
  }

  get toml(): string {
    return readFileSync(this.config, 'utf8');
  }

  mode(name: string): string {
    return (statSync(this.path(name)).mode & 0o7777).toString(8);
  }

  /** Every file and folder, with mode and content; the set-up's own is left out. */
  get files(): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    const visit = (folder: string): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        const name = relative(this.folder, path);
        if (name === 'config/stormpulse/setup') continue;
        found[name] = `${this.mode(name)} ${entry.isFile() ? readFileSync(path, 'latin1') : 'folder'}`;
        if (entry.isDirectory()) visit(path);
      }
    };
    visit(this.folder);
    return found;
  }

  async init(script: Script | GivenAnswers = {}, options: Partial<InitOptions> = {}): Promise<boolean> {
    return await init({ credsDir: undefined, dryRun: false, force: false, ...options }, this.#deps(script));
  }

  async initPlugin(name: string, script: Script | GivenAnswers = {}, dryRun = false): Promise<boolean> {
    return await initPlugin(name, { dryRun }, this.#deps(script));
  }

  async uninstall(script: Script = {}, options: { readonly yes?: boolean; readonly dryRun?: boolean } = {}): Promise<boolean> {
    return await uninstall({ yes: false, dryRun: false, ...options }, this.#deps(script));
  }

  async migrate(places: SystemPlaces, options: Partial<MigrateOptions> = {}, script: Script = {}): Promise<boolean> {
    return await migrate({ force: false, yes: false, dryRun: false, ...options }, places, this.#deps(script));
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #deps(given: Script | GivenAnswers): SetupDeps {
    const isFile = isAnswers(given);
    const program = { node: process.execPath, main: this.path('share/stormpulse/agent/main.js'), units: UNITS };
    mkdirSync(this.path('share/stormpulse/agent'), { recursive: true, mode: 0o700 });
    this.write('share/stormpulse/agent/main.js', '// the program\n', 0o644);
    const credentials = this.path('config/stormpulse');
    const data = this.path('share/stormpulse-data');
    return {
      paths: {
        mode: this.runsAs,
        config: this.config,
        credentials,
        data,
        database: join(data, 'stormpulse.db'),
        unit: this.path('config/systemd/user/stormpulse.service'),
        account: undefined,
      },
      env: { USER: 'op' },
      asker: isFile ? NOBODY : this.#person(given),
      answers: isFile ? given : undefined,
      print: (line) => void this.printed.push(line),
      program,
      programs: this.programs,
      units: {
        isThere: this.hasSystemd,
        state: (unit) => Promise.resolve(this.units.get(unit) ?? { enabled: false, active: false }),
        start: async (unit) => {
          await this.beforeStart();
          if (this.isBroken) throw new Error('it does not start');
          this.units.set(unit, { enabled: true, active: true });
        },
        restore: (unit, before) => Promise.resolve(void this.units.set(unit, before)),
        reload: () => (this.managerProblem === undefined ? Promise.resolve() : Promise.reject(new Error(this.managerProblem))),
      },
      plugins: {
        firstParty: [...this.own.keys()],
        load: (name) => Promise.resolve(this.own.get(name)),
        runnerAs: () => Promise.resolve(this.runner),
      },
    };
  }

  #person(script: Script): Asker {
    const answers = new Map(
      Object.entries(script).map(([part, answer]) => [part, typeof answer === 'object' ? [...answer] : [answer]]),
    );
    const next = (message: string): string | boolean | undefined => {
      if (this.asked.length >= this.endsAfter) throw new GaveUp();
      this.asked.push(message);
      const [, list] = [...answers].find(([part]) => message.includes(part)) ?? [];
      return list !== undefined && list.length > 1 ? list.shift() : list?.[0];
    };
    const untilRight = (message: string, initial: string, problemWith: (value: string) => string | undefined): string => {
      for (let times = 0; times < 5; times += 1) {
        const answer = String(next(message) ?? initial);
        const problem = problemWith(answer);
        if (problem === undefined) return answer;
        this.complaints.push(problem);
      }
      throw new GaveUp();
    };
    return {
      text: async ({ message, initial = '', problemWith }) => await Promise.resolve(untilRight(message, initial, problemWith)),
      secret: async ({ message, problemWith }) => await Promise.resolve(untilRight(message, '', problemWith)),
      yesNo: async ({ message, initial }) => {
        await this.beforeYesNo(message);
        return (next(message) ?? initial) === true;
      },
      oneOf: async ({ message, initial, choices }) =>
        await Promise.resolve(String(next(message) ?? initial ?? choices[0]?.value)),
      someOf: async ({ message, initial }) => {
        next(message);
        return await Promise.resolve(initial);
      },
      say: (line) => void this.printed.push(line),
    };
  }
}

export const TOKEN = '11111111-2222-4333-8444-555555555555';
const UNITS = join(import.meta.dirname, '../units');

function isAnswers(given: Script | GivenAnswers): given is GivenAnswers {
  return typeof given['plugins'] === 'object';
}

const never = (): Promise<never> => Promise.reject(new Error('nobody is asked'));
const NOBODY: Asker = { text: never, secret: never, yesNo: never, oneOf: never, someOf: never, say: () => undefined };

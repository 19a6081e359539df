import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { addPlugin, updatePlugin } from '../src/cli/plugins/add.ts';
import type { AddOptions, Outcome } from '../src/cli/plugins/add.ts';
import { npmIn } from '../src/cli/plugins/npm.ts';
import type { PluginsDeps } from '../src/cli/plugins/plugins-host.ts';
import { readRecords } from '../src/plugins/grant-records.ts';
import { HostFolder } from './host-folder.ts';
import { createIdentity } from './identity.ts';
import { writePackage } from './plugin-package.ts';
import type { PackageSpec } from './plugin-package.ts';
import { StandInRunner } from './stand-in-runner.ts';

/** A host whose plugins are changed from its terminal; the person there answers `answer`. */
export class PluginsStage {
  readonly folder = new HostFolder();
  readonly runner = new StandInRunner();
  readonly printed: string[] = [];
  /** User ids that code was run with. */
  readonly ranAs: number[] = [];
  readonly questions: string[] = [];
  answer: boolean | ((question: string) => boolean) = true;
  registry: string | undefined;
  #built = 0;

  static async create(): Promise<PluginsStage> {
    const stage = new PluginsStage();
    stage.folder.writeIdentity(await createIdentity('web-1'));
    stage.folder.write('stormpulse.toml', `${stage.folder.validToml()}\n# the operator's last words\n`);
    return stage;
  }

  get packages(): string {
    return this.folder.path('plugins');
  }

  get toml(): string {
    return readFileSync(this.folder.config, 'utf8');
  }

  get deps(): PluginsDeps {
    return {
      runnerAs: (user) => {
        this.ranAs.push(user.uid);
        return this.runner;
      },
      ask: (question) => {
        this.questions.push(question);
        return Promise.resolve(typeof this.answer === 'function' ? this.answer(question) : this.answer);
      },
      print: (line) => this.printed.push(line),
      npm: npmIn(this.registry),
    };
  }

  build(spec: PackageSpec = {}): string {
    this.#built += 1;
    return writePackage(this.folder.path(`built-${this.#built}`), spec);
  }

  async add(source: string, options: Partial<AddOptions> = {}): Promise<Outcome> {
    return await addPlugin(this.folder.config, source, { yes: false, allowOlder: false, ...options }, this.deps);
  }

  async update(source: string | undefined, options: Partial<AddOptions> = {}): Promise<Outcome> {
    return await updatePlugin(this.folder.config, 'weather', source, { yes: false, allowOlder: false, ...options }, this.deps);
  }

  /** `version state`, oldest first. */
  get records(): string[] {
    return readRecords(this.packages, 'weather').map(({ version, state }) => `${version} ${state}`);
  }

  /** Trees that are installed; what staging left would show too. */
  get trees(): string[] {
    if (!existsSync(this.packages)) return [];
    const below = (name: string): string[] => readdirSync(join(this.packages, name)).map((entry) => `${name}/${entry}`);
    const all = readdirSync(this.packages).flatMap((name) => (name.startsWith('.') ? [name] : below(name)));
    return all.filter((path) => !/\/(?:grants\.json|manifests)$/u.test(path));
  }

  /** What was left for the agent's record, oldest first. */
  get changes(): Record<string, unknown>[] {
    const folder = this.folder.path('grant-changes');
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).sort();
    return files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>);
  }

  close(): void {
    this.folder.close();
  }
}

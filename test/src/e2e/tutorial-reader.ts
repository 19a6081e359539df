import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { vi } from 'vitest';
import type { RunView } from '@stormpulse/hub';
import { HubPerson } from './hub-person.ts';
import { PATIENT } from './patience.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Somebody who follows a page: an empty home with a clone in it, a terminal, a second one with hub and agent, and the live page. */
export class TutorialReader {
  readonly home = mkdtempSync(join(tmpdir(), 'tutorial-'));
  #folder = this.home;
  #second: ChildProcess | undefined;
  #said = '';
  #person: HubPerson | undefined;

  constructor() {
    symlinkSync(ROOT, join(this.home, 'storm-pulse'));
  }

  /** Types a block in the first terminal; gives what it printed. Rejects when a line of it fails. */
  async type(block: string): Promise<string> {
    const after = join(this.home, '.folder');
    const script = `${this.#untilPublished(block)}\npwd > ${after}`;
    const output = await new Promise<string>((resolve, reject) => {
      execFile(
        'sh',
        ['-eu', '-c', script],
        { cwd: this.#folder, env: this.#environment, timeout: 200_000 },
        (error, stdout, stderr) =>
          error === null
            ? resolve(stripVTControlCharacters(`${stdout}${stderr}`))
            : reject(new Error(`${error.message}\n${stdout}\n${stderr}`)),
      );
    });
    this.#folder = readFileSync(after, 'utf8').trim();
    return output;
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.#folder, path)), { recursive: true });
    writeFileSync(join(this.#folder, path), text);
  }

  /** Ctrl-C in the second terminal if something runs there, then the block; gives what it said until it was up. */
  async typeInSecond(block: string): Promise<string> {
    await this.#stopSecond();
    this.#said = '';
    this.#person = undefined;
    // `npm start` would build first; what it starts then is this.
    const script = replaced(block, 'npm start --', 'exec node examples/quick-start/dist/main.js');
    const child = spawn('sh', ['-eu', '-c', script], {
      cwd: this.home,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#second = child;
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding('utf8').on('data', (text: string) => {
          this.#said += text;
          if (this.#said.includes('Ctrl-C stops both')) resolve();
        });
      child.once('close', () => reject(new Error(`it ended: ${this.#said}`)));
    });
    return this.#said;
  }

  /** Opens the link of the second terminal and orders a command there; gives its result. */
  async order(command: string, params: Readonly<Record<string, string>>): Promise<NonNullable<RunView['target']['result']>> {
    this.#person ??= await this.#openLink();
    const person = this.#person;
    const { items } = await person.get<{ readonly items: readonly { readonly id: string }[] }>('/agents');
    const run = await vi.waitFor(() => person.order(items[0]?.id ?? '', command, params), PATIENT);
    return await vi.waitFor(async () => {
      const { target } = await person.run(run.id);
      if (target.result === null) throw new Error(`${command} is ${target.state}`);
      return target.result;
    }, PATIENT);
  }

  async close(): Promise<void> {
    await this.#stopSecond();
    rmSync(this.home, { recursive: true, force: true });
  }

  get #environment(): NodeJS.ProcessEnv {
    const path = [join(this.home, '.local/bin'), dirname(process.execPath), '/usr/bin', '/bin'];
    return { PATH: path.join(':'), HOME: this.home, npm_config_update_notifier: 'false', npm_config_offline: 'true' };
  }

  /**
   * Until npm has the packages of this repository, two things of the page are others here: the creation command is the one that was
   * built, and what `npm install` brings is linked from this repository.
   */
  #untilPublished(block: string): string {
    let script = block;
    if (block.includes('npm create')) {
      script = replaced(
        script,
        'npm create @stormpulse/plugin backups --',
        `node ${ROOT}/packages/create-plugin/dist/main.js backups`,
      );
      script = replaced(script, 'npm install\n', `mkdir node_modules\n${linkLines().join('\n')}\n`);
    }
    return script;
  }

  async #openLink(): Promise<HubPerson> {
    const link = /http:\/\/localhost:\d+\/setup#\S+/u.exec(this.#said)?.[0];
    if (link === undefined) throw new Error(`there is no link in: ${this.#said}`);
    return await HubPerson.signIn({ peopleUrl: new URL(link).origin, setupLink: () => Promise.resolve(link) });
  }

  async #stopSecond(): Promise<void> {
    const child = this.#second;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGINT');
    await gone;
  }
}

/** Each installed package by a link of its own, and the tools; a workspace's own program has no link where it was not built before. */
function linkLines(): readonly string[] {
  const names = readdirSync(join(ROOT, 'node_modules')).filter((name) => !name.startsWith('.'));
  return [
    ...names.map((name) => `ln -s ${ROOT}/node_modules/${name} node_modules/`),
    `mkdir node_modules/.bin`,
    `ln -s ${ROOT}/node_modules/.bin/* node_modules/.bin/`,
    `ln -sf ${ROOT}/packages/testing/dist/cli/main.js node_modules/.bin/stormpulse-plugin`,
  ];
}

function replaced(text: string, what: string, by: string): string {
  if (!text.includes(what)) throw new Error(`the page was expected to say "${what}" in: ${text}`);
  return text.replace(what, () => by);
}

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { SetupHost, UnitState } from '../src/setup-host.ts';

/** A host in a folder: real files, units and programs that only remember. `close` removes it. */
export class ScratchHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'setup-'));
  readonly units = new Map<string, UnitState>();
  readonly ran: string[] = [];
  readonly told: string[] = [];
  /** Answers of programs by their first word, of probes by their id. */
  readonly failing = new Set<string>();
  checkProblem: string | undefined;

  constructor() {
    mkdirSync(this.path('etc'), { mode: 0o700 });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string, mode = 0o600): void {
    writeFileSync(this.path(name), content, { mode });
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  mode(name: string): string {
    return (statSync(this.path(name)).mode & 0o7777).toString(8);
  }

  get host(): SetupHost {
    return {
      folder: this.path('etc/setup'),
      config: this.path('etc/stormpulse.toml'),
      editTable: (text, table, values) => `${text}[${table.join('.')}]\n${Object.entries(values).map(pairText).join('')}`,
      idsOf: () => ({ uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }),
      run: (file, argv) => {
        this.ran.push([file, ...argv].join(' '));
        return Promise.resolve(this.failing.has(argv[0] ?? '') ? { exitCode: 3, stderr: 'no\n' } : { exitCode: 0, stderr: '' });
      },
      units: {
        state: (unit) => Promise.resolve(this.units.get(unit) ?? { enabled: false, active: false }),
        start: (unit) => {
          this.units.set(unit, { enabled: true, active: !this.failing.has(unit) });
          return Promise.resolve();
        },
        restore: (unit, before) => Promise.resolve(void this.units.set(unit, before)),
        reload: () => Promise.resolve(),
      },
      probe: (id) => Promise.resolve(this.failing.has(id) ? `${id} is not well` : undefined),
      check: () => Promise.resolve(this.checkProblem),
      processMark: (pid) => (pid === process.pid ? 'this run' : undefined),
      now: Date.now,
      told: (line) => void this.told.push(line),
    };
  }

  /** Every file and folder but the set-up's own, with mode and content. */
  get files(): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    const visit = (folder: string): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        const name = relative(this.folder, path);
        if (name === 'etc/setup') continue;
        found[name] = `${this.mode(name)} ${entry.isFile() ? readFileSync(path, 'utf8') : 'folder'}`;
        if (entry.isDirectory()) visit(path);
      }
    };
    visit(this.folder);
    return found;
  }

  /** What the set-up left of itself. */
  get left(): readonly string[] {
    return readdirSync(this.path('etc/setup')).toSorted();
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function pairText([key, value]: readonly [string, unknown]): string {
  return `${key} = ${JSON.stringify(value)}\n`;
}

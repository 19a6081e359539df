// node crashing-setup.js FOLDER apply|recover N: carries a plan of five steps out, or takes back what was begun, and is killed with SIGKILL
// before its Nth change of the file system; N = 0: not at all. Prints how many changes there were.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import type { Plan, SetupHost, UnitState } from '@stormpulse/wizard';

const [folder = '', what, killAt = '0'] = process.argv.slice(2);
const CHANGES = [
  'appendFileSync',
  'chmodSync',
  'fchmodSync',
  'futimesSync',
  'linkSync',
  'mkdirSync',
  'openSync',
  'renameSync',
  'rmSync',
  'rmdirSync',
  'symlinkSync',
  'unlinkSync',
  'writeFileSync',
  'writeSync',
] as const;
let changes = 0;

function before<A extends readonly unknown[], R>(change: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    // What is opened to read or to sync is no change.
    if (change.name === 'openSync' && (Number(args[1]) & fs.constants.O_CREAT) === 0) return change(...args);
    changes += 1;
    if (changes === Number(killAt)) process.kill(process.pid, 'SIGKILL');
    return change(...args);
  };
}

const table = fs as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
for (const name of CHANGES) table[name] = before(table[name] ?? (() => undefined));
syncBuiltinESMExports();

const { applyPlan, recover } = await import('@stormpulse/wizard');

const unitFile = join(folder, 'unit.json');
const state = (): UnitState => JSON.parse(fs.readFileSync(unitFile, 'utf8')) as UnitState;
const become = (next: UnitState): Promise<void> => Promise.resolve(fs.writeFileSync(unitFile, JSON.stringify(next)));
const program = before((file: string, argv: readonly string[]) => execFileSync(file, [...argv]));
const host: SetupHost = {
  folder: join(folder, 'etc/setup'),
  config: join(folder, 'etc/stormpulse.toml'),
  editTable: (text, [name]) => (text.includes(`[${name}]`) ? text : `${text}[${name}]\n`),
  idsOf: () => ({ uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }),
  run: async (file, argv) => {
    program(file, argv);
    // What comes after it is a moment of its own.
    before(() => undefined)();
    return await Promise.resolve({ exitCode: 0, stderr: '' });
  },
  units: {
    state: () => Promise.resolve(state()),
    start: () => become({ enabled: true, active: true }),
    restore: (_, was) => become(was),
    reload: () => Promise.resolve(),
  },
  probe: () => Promise.resolve(undefined),
  processMark: (pid) => (fs.existsSync(`/proc/${pid}`) ? `${fs.statSync(`/proc/${pid}`).ctimeMs}` : undefined),
  now: Date.now,
};
/** A folder in which one program makes a mark, and takes it away when it is there. */
const ran = join(folder, 'ran');
const plan: Plan = {
  plugin: 'acme',
  title: 'Five steps',
  steps: [
    { kind: 'config-section', section: 'acme', values: {} },
    { kind: 'write-file', path: join(folder, 'etc/acme/rule') as `/${string}`, content: 'new\n', mode: 0o640 },
    { kind: 'write-file', path: join(folder, 'etc/there') as `/${string}`, content: 'other\n', mode: 0o600 },
    {
      kind: 'run',
      file: '/usr/bin/find',
      argv: [ran, '-prune', '-fprintf', join(ran, 'mark'), 'made'],
      undo: [ran, '-name', 'mark', '-delete'],
    },
    { kind: 'enable-unit', unit: 'acme.service' },
  ],
};
const outcome = what === 'apply' ? await applyPlan(plan, host) : await recover(host);
process.stdout.write(JSON.stringify({ changes, status: outcome?.status ?? 'nothing' }));

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkApiReports } from '../../../scripts/checks/api-reports.mjs';
import { compareApis } from '../../../scripts/checks/api/compare.mjs';
import { parseReport } from '../../../scripts/checks/api/report.mjs';
import {
  CURRENT,
  RELEASED,
  checkPluginContract,
  contractChanges,
  versionProblems,
} from '../../../scripts/checks/plugin-contract.mjs';
import { PROJECT, copyProject } from './copy-of-the-project.ts';
import type { Copy } from './copy-of-the-project.ts';

const PLUGIN = 'packages/plugin-api/src/plugin.ts';

let copy: Copy;
let asItIs: string;
beforeAll(() => {
  copy = copyProject();
  copy.plant(PLUGIN, read(PLUGIN).replace(/API_VERSION = '\d+\.\d+'/u, "API_VERSION = '1.0'"));
  buildDeclarations();
  expect(report({ update: true })).toEqual([]);
  asItIs = read(CURRENT);
  copy.plant(RELEASED, asItIs);
});
afterAll(() => copy[Symbol.dispose]());

vi.setConfig({ testTimeout: 120_000 });

const report = ({ update = false } = {}): string[] => checkApiReports(copy.root, { update, packages: ['plugin-api'] });
const read = (path: string): string => readFileSync(join(copy.root, path), 'utf8');

/** A planted change need not compile everywhere: what is looked at is what it declares. */
function buildDeclarations(): void {
  const { stdout, status } = spawnSync(
    join(PROJECT, 'node_modules/.bin/tsc'),
    ['-p', 'packages/plugin-api', '--noCheck', '--emitDeclarationOnly'],
    { cwd: copy.root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stdout);
}

type Edit = readonly [file: string, was: string, is: string];

/** Changes sources of the contract, and gives what the reports say of it; puts them back. */
function afterEdits<T>(edits: readonly Edit[], look: () => T): T {
  const before = edits.map(([file]) => [`packages/plugin-api/src/${file}`, read(`packages/plugin-api/src/${file}`)] as const);
  for (const [file, was, is] of edits) {
    const path = `packages/plugin-api/src/${file}`;
    expect(read(path), `${file} as this test knows it`).toContain(was);
    copy.plant(path, read(path).replace(was, is));
  }
  try {
    buildDeclarations();
    return look();
  } finally {
    for (const [path, text] of before) copy.plant(path, text);
    copy.plant(CURRENT, asItIs);
  }
}

/** What the check says when the changed contract calls itself each of these. */
function verdicts(edits: readonly Edit[], versions: readonly string[]): string[][] {
  return afterEdits(edits, () => {
    expect(report({ update: true })).toEqual([]);
    expect(read(CURRENT)).not.toBe(asItIs);
    const { released, current, changes } = contractChanges(copy.root);
    expect([released, current]).toEqual(['1.0', '1.0']);
    return versions.map((version) => versionProblems(released, version, changes));
  });
}

const TITLE = '  readonly title: string;\n  readonly description?: string;\n';

const BREAKING: readonly [what: string, edits: readonly Edit[]][] = [
  ['a removed export', [['index.ts', 'flag, joined, option', 'flag, option']]],
  ['a removed member of ctx', [['context.ts', '  readonly http: Http;\n', '']]],
  ['a narrowed parameter', [['health.ts', 'degraded(reason: string)', 'degraded(reason: `${string}: ${string}`)']]],
  ['a new required field of CommandBase', [['command.ts', TITLE, `${TITLE}  readonly owner: string;\n`]]],
  ['a renamed field', [['command.ts', 'readonly sensitiveOutput?:', 'readonly hiddenOutput?:']]],
  ['a changed return type', [['storage.ts', 'delete(key: string): Promise<boolean>', 'delete(key: string): Promise<string>']]],
  ['a removed union member', [['command.ts', "'none' | 'click' | 'phrase'", "'none' | 'click'"]]],
  ['an optional field made required', [['job.ts', 'readonly resumable?:', 'readonly resumable:']]],
  ['a function made async', [['health.ts', 'ok(): void', 'ok(): Promise<void>']]],
  [
    'a tightened constraint',
    [
      [
        'command.ts',
        'handler<const P extends TObject, const R extends TSchema>',
        'handler<const P extends TObject, const R extends TObject>',
      ],
    ],
  ],
];

describe('a change that an existing plugin may notice', () => {
  test.each(BREAKING)('%s asks for a major version', (_what, edits) => {
    const [same, minor, major] = verdicts(edits, ['1.0', '1.7', '2.0']);
    expect(same).toEqual([expect.stringMatching(/asks for 2\.0: undo it, or set API_VERSION.*\n {2}major: /su)]);
    expect(minor).toEqual([expect.stringContaining('calls itself 1.7; what changed since 1.0 asks for 2.0')]);
    expect(major).toEqual([]);
  });
});

const ADDED: readonly [what: string, edits: readonly Edit[]][] = [
  ['a new export', [['index.ts', 'export { Duration', 'export { PeriodInvalid, Duration']]],
  ['a new optional field of CommandBase', [['command.ts', TITLE, `${TITLE}  readonly owner?: string;\n`]]],
  ['a new member of ctx', [['context.ts', '  readonly http: Http;\n', '  readonly http: Http;\n  readonly hostname: string;\n']]],
  [
    'a new member of what a collector is given',
    [['collector.ts', '  readonly trigger?:', '  readonly startedAt: number;\n  readonly trigger?:']],
  ],
  ['a wider parameter', [['health.ts', 'degraded(reason: string)', 'degraded(reason: string | Error)']]],
];

describe('a change that no existing plugin notices', () => {
  test.each(ADDED)('%s asks for a minor version', (_what, edits) => {
    const [same, minor, major] = verdicts(edits, ['1.0', '1.1', '2.0']);
    expect(same).toEqual([expect.stringMatching(/asks for 1\.1: /u)]);
    expect(same?.[0]).not.toContain('major:');
    expect([minor, major]).toEqual([[], []]);
  });

  test('a comment asks for nothing', () => {
    afterEdits([['health.ts', '/** Local id. */', '/** An id. */']], () => {
      expect([report(), checkPluginContract(copy.root)]).toEqual([[], []]);
    });
  });

  test('and a report that is out of date is told', () => {
    afterEdits([['health.ts', 'readonly every: Period', 'readonly each: Period']], () => {
      expect(report()).toEqual([expect.stringMatching(/api\.md is not what the code says.*readonly each: Period;.*--update/su)]);
    });
  });
});

const FINE_POINTS: readonly [what: string, was: string, is: string, level: 'major' | 'minor'][] = [
  ['a parameter that is taken no more', 'degraded(reason: string)', 'degraded()', 'major'],
  [
    'a parameter that may not be left out any more',
    'client(origin: string, defaults?:',
    'client(origin: string, defaults:',
    'major',
  ],
  ['an optional member that one of several shapes lost', '    readonly undo?: readonly string[];\n', '', 'major'],
  ['an optional member that a member lost', '    readonly etaSeconds?: number;\n', '', 'major'],
  ['one more value that a plugin is given', "  | 'job';", "  | 'job'\n  | 'hub';", 'major'],
  ['one more value that an author may write', "  | 'INCONCLUSIVE';", "  | 'INCONCLUSIVE'\n  | 'ABSENT';", 'minor'],
  [
    'a method of an author that must be async',
    '): void;\n}\n```\n\n### Probe',
    '): Promise<void>;\n}\n```\n\n### Probe',
    'major',
  ],
  ['a class that is a type only', '### Secret\n', '### Secret (type)\n', 'major'],
  ['another constructor', 'constructor(sealed: Sealed);', 'constructor(sealed?: Sealed);', 'major'],
  ['another constraint of a method', 'register<S extends TSchema>', 'register<S extends TObject>', 'major'],
  ['any', 'readonly exitCode: number;', 'readonly exitCode: any;', 'major'],
  ['types of another TypeBox', '// 0.34', '// 0.35', 'major'],
  ['a schema option that is gone', "    'x-secret'?: true;\n", '', 'major'],
  ['a new schema option', "    'x-secret'?: true;\n", "    'x-secret'?: true;\n    'x-more'?: true;\n", 'minor'],
  ['a name that is not known', 'readonly exitCode: number;', 'readonly exitCode: Nobody;', 'major'],
  ['a deprecation', 'interface Health {', '// deprecated ok: say nothing\ninterface Health {', 'minor'],
];

describe('what is compared in a report', () => {
  test.each(FINE_POINTS)('%s', (_what, was, is, level) => {
    expect(asItIs, 'the report as this test knows it').toContain(was);
    const changes = compareApis(parseReport(asItIs), parseReport(asItIs.replace(was, is)), join(PROJECT, 'packages/plugin-api'));
    const levels = changes.map((change) => change.level);
    expect(levels.includes('major') ? 'major' : levels[0], JSON.stringify(changes)).toBe(level);
  });
});

describe('the contract as it is', () => {
  test('is what its report says, and its version what happened since the last release', () => {
    const committed = readFileSync(join(PROJECT, CURRENT), 'utf8');
    expect(asItIs).toBe(committed.replaceAll(/^(# API .* |.*API_VERSION = ")\d+\.\d+/gmu, (_all, said: string) => `${said}1.0`));
    expect(checkPluginContract(PROJECT)).toEqual([]);
  });

  test('says its version in the report, and cannot go back', () => {
    afterEdits([['plugin.ts', "API_VERSION = '1.0'", "API_VERSION = '0.9'"]], () => {
      report({ update: true });
      expect(read(CURRENT)).toMatch(/^# API of @stormpulse\/plugin-api 0\.9\n/u);
      expect(checkPluginContract(copy.root)).toEqual([expect.stringContaining('calls itself 0.9')]);
    });
  });

  test('becomes the released one on demand, when its version allows that', () => {
    const edits: readonly Edit[] = [['context.ts', '  readonly http: Http;\n', '']];
    afterEdits(edits, () => {
      report({ update: true });
      expect(checkPluginContract(copy.root, { release: true })).toHaveLength(1);
      expect(read(RELEASED)).toBe(asItIs);
    });
    afterEdits([...edits, ['plugin.ts', "API_VERSION = '1.0'", "API_VERSION = '2.0'"]], () => {
      report({ update: true });
      expect(checkPluginContract(copy.root, { release: true })).toEqual([]);
      expect(read(RELEASED)).toMatch(/^# API of @stormpulse\/plugin-api 2\.0\n\nThe contract as it was last released/u);
      expect(checkPluginContract(copy.root)).toEqual([]);
    });
    copy.plant(RELEASED, asItIs);
  });
});

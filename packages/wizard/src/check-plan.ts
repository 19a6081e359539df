import { lstatSync, realpathSync } from 'node:fs';
import { dirname, normalize, relative } from 'node:path';
import type { Step } from '@stormpulse/plugin-api';
import { PlanRefused } from './errors.ts';
import type { PlanBounds } from './plan.ts';

const KINDS: readonly string[] = ['config-section', 'write-file', 'enable-unit', 'run', 'verify'] satisfies Step['kind'][];
const FIRST_PARTY_ONLY: readonly string[] = ['enable-unit', 'run'];
const UNIT = /^[a-z0-9][a-z0-9@._-]{0,120}\.service$/u;
const KEY = /^[A-Za-z0-9_-]{1,128}$/u;
const MAX_STEPS = 100;
const MAX_DEPTH = 16;
const MAX_BYTES = 1024 * 1024;

/**
 * What a plugin's wizard may plan, whatever it answered: its own part of the host's file, files in its own folder, its own probes; programs
 * and units only when it is shipped with the agent. Gives the steps as data of a known shape. Throws `E_WIZARD_PLAN`.
 */
export function checkPlan(steps: unknown, bounds: PlanBounds): readonly Step[] {
  const refuse: Refuse = (step, problem, expected) => {
    throw PlanRefused({ plugin: bounds.plugin, step, problem, expected });
  };
  if (!Array.isArray(steps) || steps.length > MAX_STEPS)
    return refuse('plan', 'it is no list of steps', `at most ${MAX_STEPS} steps`);
  return steps.map((step: unknown, at) =>
    checkStep(step, bounds, (problem, expected) => refuse(`step ${at + 1}`, problem, expected)),
  );
}

type Refuse = (step: string, problem: string, expected: string) => never;
type RefuseStep = (problem: string, expected: string) => never;

function checkStep(step: unknown, bounds: PlanBounds, refuse: RefuseStep): Step {
  const fields = (typeof step === 'object' && step !== null ? step : {}) as Readonly<Record<string, unknown>>;
  const kind = String(fields['kind']);
  if (!KINDS.includes(kind)) refuse(`"${kind.slice(0, 40)}" is no step that this agent knows`, `one of ${KINDS.join(', ')}`);
  if (!bounds.firstParty && FIRST_PARTY_ONLY.includes(kind))
    refuse(`"${kind}" is for plugins of the agent itself`, 'config-section, write-file or verify');
  switch (kind as Step['kind']) {
    case 'config-section': {
      const section = sectionOf(fields['section'], bounds, refuse);
      return { kind: 'config-section', section, values: valuesOf(fields['values'], bounds, refuse) };
    }
    case 'write-file':
      return { kind: 'write-file', ...fileOf(fields, bounds, refuse) };
    case 'enable-unit':
      return { kind: 'enable-unit', unit: unitOf(fields['unit'], refuse) };
    case 'run':
      return { kind: 'run', ...programOf(fields, refuse) };
    case 'verify':
      return { kind: 'verify', probe: textOf(fields['probe'], 'the probe', refuse) };
  }
}

/** Grants, isolation and digest of a plugin are its operator's: no wizard writes beside its `config` (SEC-210). */
function sectionOf(value: unknown, { tables, plugin }: PlanBounds, refuse: RefuseStep): string {
  const section = textOf(value, 'the section', refuse);
  const path = section.split('.');
  const isPlain = path.every((key) => KEY.test(key) && key !== '__proto__');
  const isOwn = tables.some((table) => table.every((key, at) => path[at] === key));
  if (!isPlain || !isOwn)
    refuse(
      `"${section.slice(0, 80)}" is no section of "${plugin}"`,
      `[${tables.map((table) => table.join('.')).join('], [')}] or below`,
    );
  return section;
}

function valuesOf(value: unknown, bounds: PlanBounds, refuse: RefuseStep): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('the values are no table', 'keys and values');
  if (!bounds.firstParty) assertReferences(value, bounds, refuse, 0);
  return value as Readonly<Record<string, unknown>>;
}

/**
 * `{ file = "…" }` and `{ env = "…" }` of a config are secrets that the agent reads for the plugin: a stranger's plan may not name what nobody
 * told it, and never the agent's own keys (SEC-204).
 */
function assertReferences(value: object, bounds: PlanBounds, refuse: RefuseStep, depth: number): void {
  if (depth > MAX_DEPTH) refuse('the values nest too deeply', `at most ${MAX_DEPTH} levels`);
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    if (typeof inner === 'object' && inner !== null) assertReferences(inner, bounds, refuse, depth + 1);
    if ((key === 'file' || key === 'env') && typeof inner === 'string' && !mayName(inner, bounds))
      refuse(
        `${key} = "${inner.slice(0, 120)}" could be a secret of somebody else`,
        `what the operator answered, or a file below ${bounds.folder}`,
      );
  }
}

function mayName(text: string, { folder, hostFolder, answered = [] }: PlanBounds): boolean {
  const path = normalize(text);
  return isBelow(path, folder) || (answered.includes(text) && !isBelow(path, hostFolder));
}

function fileOf(fields: Readonly<Record<string, unknown>>, { folder, files = [] }: PlanBounds, refuse: RefuseStep) {
  const path = textOf(fields['path'], 'the path', refuse);
  const { content, mode } = fields;
  const expected = `a file below ${folder}, by its whole path`;
  const shown = `"${path.slice(0, 120)}"`;
  if (!path.startsWith('/') || path !== normalize(path) || /[\\\0]/u.test(path) || path.endsWith('/'))
    refuse(`${shown} is no plain absolute path`, expected);
  const isNamed = files.includes(path);
  if (!isNamed && !isBelow(path, folder)) refuse(`${shown} is outside the folder of the plugin`, expected);
  if (!isNamed && !isBelow(realPath(dirname(path)), realPath(folder), true))
    refuse(`${shown} leads out of the folder over a link`, expected);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) refuse(`${shown} is a link`, expected);
  if (typeof content !== 'string' || content.length > MAX_BYTES)
    return refuse('the content is no text', `a text of at most ${MAX_BYTES} bytes`);
  if (typeof mode !== 'number' || !Number.isInteger(mode) || mode < 0 || (mode & ~0o755) !== 0)
    return refuse(`the mode is ${String(mode)}`, 'a number such as 0o640; nobody but the owner may write');
  return { path: path as `/${string}`, content, mode };
}

function isBelow(path: string, folder: string, orSame = false): boolean {
  const way = relative(folder, path);
  return (way !== '' || orSame) && way !== '..' && !way.startsWith('../') && !way.startsWith('/');
}

/** Of what is there, for a path of which the end may not be. */
function realPath(path: string): string {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : `${realPath(parent)}/${path.slice(parent.length).replace(/^\//u, '')}`;
}

function unitOf(value: unknown, refuse: RefuseStep): string {
  const unit = textOf(value, 'the unit', refuse);
  return UNIT.test(unit)
    ? unit
    : refuse(`"${unit.slice(0, 80)}" is no unit of a service`, 'lower-case letters, digits, @ . _ and -, ending in .service');
}

function programOf(fields: Readonly<Record<string, unknown>>, refuse: RefuseStep) {
  const file = textOf(fields['file'], 'the program', refuse);
  if (!file.startsWith('/')) refuse(`"${file.slice(0, 80)}" is no absolute path`, 'a program by its whole path');
  const { argv, undo } = fields;
  const words = (value: unknown): readonly string[] =>
    Array.isArray(value) && value.every((word) => typeof word === 'string')
      ? value
      : refuse('the words are no list of texts', 'a list of texts');
  return { file: file as `/${string}`, argv: words(argv), ...(undo === undefined ? {} : { undo: words(undo) }) };
}

function textOf(value: unknown, what: string, refuse: RefuseStep): string {
  return typeof value === 'string' && value !== '' ? value : refuse(`${what} is missing`, 'a text');
}

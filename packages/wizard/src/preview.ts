import { readFileSync } from 'node:fs';
import { diffLines } from './diff.ts';
import { look } from './durable.ts';
import { titleOf } from './plan.ts';
import type { Plan, SetupStep } from './plan.ts';
import type { SetupHost } from './setup-host.ts';

type PreviewHost = Pick<SetupHost, 'config' | 'editTable' | 'idsOf'>;

const MAX_CHARS = 400;

/**
 * What plans would do, in lines for a terminal; plans that come after one another see each other's files. Changes nothing; empty: nothing
 * is to be done. `secrets` are shown as dots. What a plugin says is a stranger's text.
 */
export function previewPlans(plans: readonly Plan[], host: PreviewHost, secrets: readonly string[] = []): readonly string[] {
  const files = new Map<string, string>();
  const hidden = secrets.filter((secret) => secret !== '');
  const shown = (line: string): string =>
    hidden
      .reduce((text, secret) => text.replaceAll(secret, '••••••'), line)
      .slice(0, MAX_CHARS)
      .replaceAll(/\p{C}/gu, ' ');
  return plans.flatMap(({ steps }) => steps.flatMap((step) => previewStep(step, host, files).map(shown)));
}

function previewStep(step: SetupStep, host: PreviewHost, files: Map<string, string>): string[] {
  if (step.kind === 'make-folder') return look(step.path) === undefined ? [titleOf(step)] : [];
  if (step.kind === 'set-access') return isSet(step, host) ? [] : [titleOf(step)];
  if (step.kind === 'config-section') {
    const text = current(host.config, files);
    const after = host.editTable(text, step.section.split('.'), step.values);
    return difference(titleOf(step), host.config, text, after, files);
  }
  if (step.kind === 'write-file' && step.shipped !== undefined && look(step.path) === undefined)
    return [
      `${titleOf(step)}: as the one it is made of, but for`,
      ...diffLines(step.shipped, step.content).map((line) => `  ${line}`),
    ];
  if (step.kind === 'write-file') return difference(titleOf(step), step.path, current(step.path, files), step.content, files);
  return [titleOf(step)];
}

function isSet({ path, mode, owner }: Extract<SetupStep, { kind: 'set-access' }>, host: PreviewHost): boolean {
  const there = look(path);
  if (there === undefined || (there.mode & 0o7777) !== mode) return false;
  if (owner === undefined) return true;
  try {
    const { uid, gid } = host.idsOf(owner);
    return there.uid === uid && there.gid === gid;
  } catch {
    // The account that shall own it is not there yet.
    return false;
  }
}

function difference(title: string, path: string, before: string, after: string, files: Map<string, string>): string[] {
  files.set(path, after);
  const lines = diffLines(before, after);
  const isNew = before === '' && look(path) === undefined;
  if (lines.length === 0 && !isNew) return [];
  return [title, ...lines.map((line) => `  ${line}`)];
}

function current(path: string, files: ReadonlyMap<string, string>): string {
  return files.get(path) ?? (look(path)?.isFile() === true ? readFileSync(path, 'utf8') : '');
}

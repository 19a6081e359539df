import { contains } from './char-set.ts';
import type { CharSet } from './char-set.ts';
import type { PatternNode } from './pattern-node.ts';

type Step =
  | { readonly op: 'take'; readonly set: CharSet }
  | { op: 'split'; prefer: number; otherwise: number }
  | { op: 'jump'; to: number };

/** A pattern as a backtracking engine runs it, to count its steps without trusting a clock. */
export interface Backtracker {
  /** Steps until the whole text matches or all ways have failed; more than `limit` when it gives up. */
  countSteps(text: string, limit: number): number;
}

/** More than this is refused as too large before anything runs. */
const MAX_PROGRAM_STEPS = 50_000;

/** Builds the backtracker of a pattern, or undefined when its program would be too large. */
export function createBacktracker(node: PatternNode): Backtracker | undefined {
  const program: Step[] = [];
  if (!emit(node, program)) return undefined;
  return {
    countSteps: (text, limit) =>
      run(
        program,
        Array.from(text, (char) => char.codePointAt(0) ?? 0),
        limit,
      ),
  };
}

function emit(node: PatternNode, program: Step[]): boolean {
  if (program.length > MAX_PROGRAM_STEPS) return false;
  switch (node.kind) {
    case 'set':
      program.push({ op: 'take', set: node.set });
      return true;
    case 'edge':
      return true;
    case 'sequence':
      return node.items.every((item) => emit(item, program));
    case 'choice':
      return emitChoice(node.options, program);
    case 'repeat':
      return emitRepeat(node, program);
  }
}

function emitChoice(options: readonly PatternNode[], program: Step[]): boolean {
  const exits: { op: 'jump'; to: number }[] = [];
  for (const [index, option] of options.entries()) {
    const split: Step = { op: 'split', prefer: program.length + 1, otherwise: 0 };
    if (index < options.length - 1) program.push(split);
    if (!emit(option, program)) return false;
    const exit = { op: 'jump' as const, to: 0 };
    exits.push(exit);
    program.push(exit);
    split.otherwise = program.length;
  }
  for (const exit of exits) exit.to = program.length;
  return true;
}

function emitRepeat(node: Extract<PatternNode, { readonly kind: 'repeat' }>, program: Step[]): boolean {
  for (let round = 0; round < node.min; round += 1) if (!emit(node.body, program)) return false;
  if (node.max === Infinity) {
    const start = program.length;
    const split: Step = { op: 'split', prefer: start + 1, otherwise: 0 };
    program.push(split);
    if (!emit(node.body, program)) return false;
    program.push({ op: 'jump', to: start });
    split.otherwise = program.length;
    return true;
  }
  const splits: { op: 'split'; prefer: number; otherwise: number }[] = [];
  for (let round = node.min; round < node.max; round += 1) {
    const split = { op: 'split' as const, prefer: program.length + 1, otherwise: 0 };
    splits.push(split);
    program.push(split);
    if (!emit(node.body, program)) return false;
  }
  for (const split of splits) split.otherwise = program.length;
  return true;
}

function run(program: readonly Step[], text: readonly number[], limit: number): number {
  const pending: number[] = [];
  let [steps, at, position] = [0, 0, 0];
  while (steps <= limit) {
    const step = program[at];
    if (step === undefined && position === text.length) return steps;
    steps += 1;
    if (step?.op === 'jump') {
      at = step.to;
    } else if (step?.op === 'split') {
      pending.push(step.otherwise, position);
      at = step.prefer;
    } else if (step !== undefined && position < text.length && contains(step.set, text[position] ?? -1)) {
      at += 1;
      position += 1;
    } else {
      if (pending.length === 0) return steps;
      position = pending.pop() ?? 0;
      at = pending.pop() ?? 0;
    }
  }
  return steps;
}

import type { CharSet } from './char-set.ts';
import type { PatternNode } from './pattern-node.ts';

/** An automaton without empty moves: one state for each place where a pattern takes a character, repeats written out. */
export interface Positions {
  readonly sets: readonly CharSet[];
  /** States that can come next, for each state. */
  readonly follow: readonly ReadonlySet<number>[];
}

interface Part {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly nullable: boolean;
}

interface Builder {
  readonly sets: CharSet[];
  readonly follow: Set<number>[];
}

const NOTHING: Part = { first: [], last: [], nullable: true };

/** The positions of a pattern, or undefined when there are more than `limit`. */
export function positionsOf(node: PatternNode, limit: number): Positions | undefined {
  const builder: Builder = { sets: [], follow: [] };
  return build(node, builder, limit) === undefined ? undefined : builder;
}

function build(node: PatternNode, builder: Builder, limit: number): Part | undefined {
  switch (node.kind) {
    case 'set': {
      const state = builder.sets.push(node.set) - 1;
      builder.follow.push(new Set());
      return builder.sets.length > limit ? undefined : { first: [state], last: [state], nullable: false };
    }
    case 'edge':
      return NOTHING;
    case 'sequence':
      return all(node.items, builder, limit)?.reduce((before, after) => connect(before, after, builder), NOTHING);
    case 'choice':
      return all(node.options, builder, limit)?.reduce((a, b) => ({
        first: [...a.first, ...b.first],
        last: [...a.last, ...b.last],
        nullable: a.nullable || b.nullable,
      }));
    case 'repeat':
      return buildRepeat(node, builder, limit);
  }
}

function all(nodes: readonly PatternNode[], builder: Builder, limit: number): readonly Part[] | undefined {
  const parts: Part[] = [];
  for (const node of nodes) {
    const part = build(node, builder, limit);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return parts;
}

/** Optional rounds are nested, `(a(a)?)?`, as engines run them: there is one way to do three of them. */
function buildRepeat(node: Extract<PatternNode, { readonly kind: 'repeat' }>, builder: Builder, limit: number): Part | undefined {
  const rounds = node.max === Infinity ? Math.max(1, node.min) : node.max;
  const copies = all(
    Array.from({ length: rounds }, () => node.body),
    builder,
    limit,
  );
  if (copies === undefined) return undefined;
  if (node.max === Infinity) loop(copies.at(-1) ?? NOTHING, builder);
  return copies.reduceRight<Part>((rest, copy, index) => {
    const part = connect(copy, rest, builder);
    return index < node.min ? part : { ...part, nullable: true };
  }, NOTHING);
}

function loop(part: Part, builder: Builder): void {
  connect(part, part, builder);
}

function connect(before: Part, after: Part, builder: Builder): Part {
  for (const state of before.last) for (const next of after.first) builder.follow[state]?.add(next);
  return {
    first: before.nullable ? [...before.first, ...after.first] : before.first,
    last: after.nullable ? [...before.last, ...after.last] : after.last,
    nullable: before.nullable && after.nullable,
  };
}

import { assertOneReading } from './assert-one-reading.ts';
import { EMPTY, overlaps, union } from './char-set.ts';
import type { CharSet } from './char-set.ts';
import { childrenOf, descendantsOf } from './pattern-node.ts';
import type { PatternNode } from './pattern-node.ts';
import { PatternRefusal } from './pattern-refusal.ts';
import { MAX_REPEATS, tooManyRepeats } from './read-quantifier.ts';

type Repeat = Extract<PatternNode, { readonly kind: 'repeat' }>;

/** What the neighbours of a node need to know of it. */
interface Edges {
  readonly nullable: boolean;
  /** Characters it can start with. */
  readonly first: CharSet;
  /** Characters an unbounded repeat at its start, or at its end, can go on with. */
  readonly head: CharSet;
  readonly tail: CharSet;
}

const NOTHING: Edges = { nullable: true, first: EMPTY, head: EMPTY, tail: EMPTY };

/**
 * The safe subset of SEC-114: no value can be read by an unbounded repeat in two ways that a rule of `regex_constructs` names.
 * What it lets through is bounded by the probe. Throws `PatternRefusal`.
 */
export function assertSafe(node: PatternNode): void {
  countRepeats(node);
  edgesOf(node);
  assertOneReading(node);
}

/** The product of nested bounds; an unbounded repeat counts its lower bound. */
function countRepeats(node: PatternNode): number {
  const below = Math.max(1, ...childrenOf(node).map(countRepeats));
  if (node.kind !== 'repeat') return below;
  const product = below * Math.max(1, node.max === Infinity ? node.min : node.max);
  if (product > MAX_REPEATS) throw tooManyRepeats(node.text);
  return product;
}

function edgesOf(node: PatternNode): Edges {
  switch (node.kind) {
    case 'set':
      return { nullable: false, first: node.set, head: EMPTY, tail: EMPTY };
    case 'edge':
      return NOTHING;
    case 'choice':
      return node.options.map(edgesOf).reduce((a, b) => ({
        nullable: a.nullable || b.nullable,
        first: union(a.first, b.first),
        head: union(a.head, b.head),
        tail: union(a.tail, b.tail),
      }));
    case 'sequence':
      return node.items.reduce((before: Edges, item) => join(before, edgesOf(item), node), NOTHING);
    case 'repeat':
      return node.max === Infinity ? unboundedEdges(node) : boundedEdges(node);
  }
}

function join(before: Edges, after: Edges, node: PatternNode): Edges {
  if (overlaps(before.tail, after.head))
    throw ambiguous(node, 'two unbounded repeats next to each other can take the same characters');
  return {
    nullable: before.nullable && after.nullable,
    first: before.nullable ? union(before.first, after.first) : before.first,
    head: before.nullable ? union(before.head, after.head) : before.head,
    tail: after.nullable ? union(before.tail, after.tail) : after.tail,
  };
}

function boundedEdges(node: Repeat): Edges {
  const once = edgesOf(node.body);
  if (once.nullable && node.max > 1) throw ambiguous(node, 'a repeated group can match nothing');
  const all = node.max > 1 ? join(once, once, node) : once;
  return { ...all, nullable: node.min === 0 || once.nullable };
}

function unboundedEdges(node: Repeat): Edges {
  const once = edgesOf(node.body);
  if (once.nullable) throw ambiguous(node, 'a repeated group can match nothing');
  assertDelimited(node);
  return { nullable: node.min === 0, first: once.first, head: once.first, tail: union(once.first, once.tail) };
}

/** A repeat inside a repeat needs a mark at the start of every round that the inner one cannot swallow. */
function assertDelimited(node: Repeat): void {
  const inner = [...descendantsOf(node.body)].filter((child) => child.kind === 'repeat' && child.max === Infinity);
  if (inner.length === 0) return;
  const swallowed = union(
    ...inner.flatMap((child) => [...descendantsOf(child)].map((leaf) => (leaf.kind === 'set' ? leaf.set : EMPTY))),
  );
  const mark = markOf(node.body);
  if (mark !== undefined && !overlaps(mark, swallowed)) return;
  const fix = 'start every round with a literal that the inner repeat cannot match, as in [a-z]+(?:/[a-z]+)*';
  throw new PatternRefusal(
    'ambiguous',
    `has an unbounded repeat inside another, ${node.text}, which can take exponential time`,
    fix,
  );
}

/** The one character that every match must start with. */
function markOf(node: PatternNode): CharSet | undefined {
  switch (node.kind) {
    case 'set':
      return node.set;
    case 'edge':
      return undefined;
    case 'sequence': {
      const first = node.items.find((item) => item.kind !== 'edge');
      return first === undefined ? undefined : markOf(first);
    }
    case 'choice': {
      const marks = node.options.map(markOf);
      return marks.every((mark) => mark !== undefined) ? union(...marks) : undefined;
    }
    case 'repeat':
      return node.min > 0 ? markOf(node.body) : undefined;
  }
}

function ambiguous(node: PatternNode, problem: string): PatternRefusal {
  return new PatternRefusal(
    'ambiguous',
    `can take exponential time at ${node.text}: ${problem}`,
    'make the parts match different characters, or bound the repeats',
  );
}

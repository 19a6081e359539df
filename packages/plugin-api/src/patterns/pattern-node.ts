import type { CharSet } from './char-set.ts';

/** A parsed pattern; `text` is its JavaScript source. Groups are their body: what they capture changes no match. */
export type PatternNode =
  | { readonly kind: 'set'; readonly text: string; readonly set: CharSet }
  | { readonly kind: 'edge'; readonly text: string }
  | { readonly kind: 'sequence'; readonly text: string; readonly items: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly text: string; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly text: string; readonly body: PatternNode; readonly min: number; readonly max: number };

/** The nodes directly below one. */
export function childrenOf(node: PatternNode): readonly PatternNode[] {
  switch (node.kind) {
    case 'set':
    case 'edge':
      return [];
    case 'sequence':
      return node.items;
    case 'choice':
      return node.options;
    case 'repeat':
      return [node.body];
  }
}

/** The node and everything below it. */
export function* descendantsOf(node: PatternNode): Generator<PatternNode> {
  yield node;
  for (const child of childrenOf(node)) yield* descendantsOf(child);
}

/** True when it matches the empty string. */
export function isNullable(node: PatternNode): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'edge':
      return true;
    case 'sequence':
      return node.items.every(isNullable);
    case 'choice':
      return node.options.some(isNullable);
    case 'repeat':
      return node.min === 0 || isNullable(node.body);
  }
}

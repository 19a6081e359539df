import { canonicalParams } from './canonical.ts';

const SEPARATORS = /[=&\n]/;

/**
 * Whether the canonical text of `params` has a second reading over the declared names (SEC-054): it is split at every `&`
 * and the pieces that begin with `<declared name>=` are counted; a count other than the number of parameters is ambiguous.
 * Names with `=`, `&` or LF count as not declared: no command table has them.
 */
export function ambiguousParams(declaredNames: Iterable<string>, params: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(params);
  if (names.length === 0) return false;
  const declared = new Set(declaredNames);
  // Without an & in any value every pair is one piece.
  if (names.every((name) => declared.has(name) && !SEPARATORS.test(name) && !params[name]!.includes('&'))) return false;
  let pairs = 0;
  for (const piece of canonicalParams(params).split('&')) {
    const equals = piece.indexOf('=');
    const name = piece.slice(0, equals);
    if (equals !== -1 && declared.has(name) && !SEPARATORS.test(name)) pairs += 1;
  }
  return pairs !== names.length;
}

// Who makes the values of each type: the agent, which gives them to a plugin, or the author, who writes them. It decides which way a
// change is compatible.
import ts from 'typescript';
import { referredTo } from './sides.mjs';

const GIVEN = 'given';
const WRITTEN = 'written';
const flip = (role) => (role === GIVEN ? WRITTEN : GIVEN);
/** Of these an argument plays the part of the whole; of any other generic type it may play both. */
const TRANSPARENT = new Set([
  'Promise',
  'AsyncIterable',
  'Iterable',
  'Readonly',
  'Partial',
  'Record',
  'Pick',
  'Omit',
  'ReadonlySet',
  'NonNullable',
]);

/** The roles (`given`, `written`) of every entry, by name: what an exported value leads to, else both. `nodes` are declarations by name. */
export function rolesOf(entries, nodes) {
  const roles = new Map([...entries.keys()].map((name) => [name, new Set()]));
  const mark = (name, role) => {
    if (roles.get(name)?.has(role) !== false) return;
    roles.get(name).add(role);
    for (const node of nodes.get(name) ?? []) ts.forEachChild(node, (child) => visit(child, role));
  };
  const visit = (node, role) => {
    if (ts.isParameter(node) || ts.isTypeParameterDeclaration(node))
      return ts.forEachChild(node, (child) => visit(child, flip(role)));
    if (isComputed(node)) return both(node);
    const name = referredTo(node);
    if (name === undefined) return ts.forEachChild(node, (child) => visit(child, role));
    mark(name, role);
    for (const argument of node.typeArguments ?? []) {
      visit(argument, role);
      if (!TRANSPARENT.has(name)) visit(argument, flip(role));
    }
    return undefined;
  };
  const both = (node) => {
    ts.forEachChild(node, (child) => visit(child, GIVEN));
    ts.forEachChild(node, (child) => visit(child, WRITTEN));
  };
  // What a function is handed over to is code of the author: a function is given as a whole.
  for (const { name, exported, typeOnly } of entries.values()) if (exported && !typeOnly) mark(name, GIVEN);
  for (const { name, exported } of entries.values()) {
    if (exported && roles.get(name).size === 0) [GIVEN, WRITTEN].forEach((role) => mark(name, role));
  }
  return roles;
}

/** What a type is computed from is neither given nor written as it stands. */
function isComputed(node) {
  if (ts.isTypeOperatorNode(node)) return node.operator === ts.SyntaxKind.KeyOfKeyword;
  return ts.isMappedTypeNode(node) || ts.isConditionalTypeNode(node) || ts.isIndexedAccessTypeNode(node);
}

// What assigning one type to another says little of is compared as words: bounds of type parameters, constructors, `any`.
import ts from 'typescript';

/** Sentences about words that an author may notice, though the types do for each other. */
export function wordProblems(before, after) {
  const problems = typeParameterProblems(before, after);
  const [was, is] = [before, after].map((nodes) => partsOf(nodes, ts.isConstructorDeclaration).join(' '));
  if (was !== is) problems.push(`its constructor is ${is || 'not there'}, was ${was || 'not there'}`);
  const any = (node) => node.kind === ts.SyntaxKind.AnyKeyword;
  if (partsOf(after, any).length > partsOf(before, any).length) problems.push('it says any, which hides what changed');
  return problems;
}

function partsOf(nodes, isWanted) {
  const parts = [];
  const visit = (node) => {
    if (isWanted(node)) parts.push(node.getText());
    ts.forEachChild(node, visit);
  };
  nodes.forEach(visit);
  return parts;
}

/** What an author who names or infers the type parameters of a declaration could notice. A bound that fell away is wider. */
function typeParameterProblems(before, after) {
  const [was, is] = [parametersIn(before), parametersIn(after)];
  const problems = [];
  for (const [at, { bound, fallback, constant }] of was) {
    const now = is.get(at);
    if (now === undefined) {
      if ([...is.keys()].some((key) => ownerOf(key) === ownerOf(at)) || !at.includes('.'))
        problems.push(`its type parameter ${at} is gone`);
      continue;
    }
    if (now.bound !== '' && now.bound !== bound)
      problems.push(`its type parameter ${at} extends ${now.bound}, extended ${bound || 'nothing'}`);
    if (fallback !== '' && now.fallback !== fallback)
      problems.push(`its type parameter ${at} is ${now.fallback || 'nothing'} by default, was ${fallback}`);
    if (now.constant !== constant) problems.push(`its type parameter ${at} is inferred in another way (const)`);
  }
  const owners = new Set([...was.keys()].map(ownerOf));
  for (const [at, { fallback }] of is)
    if (!was.has(at) && fallback === '' && (owners.has(ownerOf(at)) || ownerOf(at) === ''))
      problems.push(`its type parameter ${at} is new`);
  return problems;
}

const ownerOf = (path) => path.slice(0, path.lastIndexOf('.') + 1);

/** By path (`register.0`): parameters are known by where they stand, not by their names. */
function parametersIn(nodes) {
  const found = new Map();
  const visit = (node, path) => {
    const named =
      node.name !== undefined && !ts.isTypeParameterDeclaration(node) && path !== undefined
        ? `${path}${node.name.getText()}.`
        : (path ?? '');
    (node.typeParameters ?? []).forEach((parameter, index) =>
      found.set(`${named}${index}`, {
        bound: parameter.constraint?.getText() ?? '',
        fallback: parameter.default?.getText() ?? '',
        constant: parameter.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ConstKeyword) === true,
      }),
    );
    ts.forEachChild(node, (child) => visit(child, named));
  };
  for (const node of nodes) visit(node, undefined);
  return found;
}

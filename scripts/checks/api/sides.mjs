// Two versions of an API as modules of one program, so that the compiler can say whether one does for the other.
import ts from 'typescript';

const PRINTER = ts.createPrinter({ newLine: ts.NewLineKind.LineFeed, removeComments: true });
/** Stands for `void`: a function that returns nothing may be given one that returns a promise, which nobody would then wait for. */
const NOTHING = '$Nothing';

/** What another package declares is compared as text. */
export const isReexport = ({ text }) => text.startsWith('export ');

/** The declarations of one entry. */
export function parse(text) {
  return ts.createSourceFile('entry.d.ts', text, ts.ScriptTarget.ES2023, true).statements;
}

/**
 * The modules `shared`, `released` and `current`, as text. What both versions say in the same words is declared once, so that a class or
 * a unique symbol is the same in both. Gives, too, the names that differ: by their own words, or by what they refer to.
 */
export function modulesOf(released, current) {
  const differing = differingNames(released, current);
  const shared = [...current.entries.values()].filter((entry) => !differing.has(entry.name) && !isReexport(entry));
  const side = ({ head, entries }) => {
    const own = [...entries.values()].filter((entry) => differing.has(entry.name) && !isReexport(entry));
    const names = [...shared.map(({ name }) => name), NOTHING];
    return module(head, own, `import { ${names.join(', ')} } from './shared.js';\nexport * from './shared.js';`);
  };
  return {
    differing,
    shared: module(current.head, shared, `export interface ${NOTHING} { readonly nothing: unique symbol }`),
    released: side(released),
    current: side(current),
  };
}

function module(head, entries, more) {
  return [
    ...importsIn(head),
    more,
    ...entries.map(({ text }) => comparable(text)),
    `export { ${entries.map(({ name }) => name).join(', ')} };`,
  ].join('\n');
}

/** Without what a report exports again, which is compared as text, and without what it adds to other packages. */
export function importsIn(head) {
  return parse(head)
    .filter(ts.isImportDeclaration)
    .map((node) => node.getText());
}

function differingNames(released, current) {
  const names = new Set([...released.entries.keys(), ...current.entries.keys()]);
  const textOf = (side, name) => side.entries.get(name)?.text;
  const differing = new Set([...names].filter((name) => textOf(released, name) !== textOf(current, name)));
  const mentions = new Map([...current.entries.values()].map(({ name, text }) => [name, namesIn(text)]));
  for (let size = -1; size !== differing.size;) {
    size = differing.size;
    for (const [name, mentioned] of mentions) if ([...differing].some((other) => mentioned.has(other))) differing.add(name);
  }
  return differing;
}

/** The name that a node of a declaration refers by to another one. */
export function referredTo(node) {
  if (ts.isTypeReferenceNode(node)) return node.typeName.getText();
  const expression = ts.isTypeQueryNode(node)
    ? node.exprName
    : ts.isExpressionWithTypeArguments(node) || ts.isComputedPropertyName(node)
      ? node.expression
      : undefined;
  return expression?.getText();
}

function namesIn(text) {
  const names = new Set();
  const visit = (node) => {
    names.add(referredTo(node));
    ts.forEachChild(node, visit);
  };
  parse(text).forEach(visit);
  return names;
}

/**
 * The same declarations as the compiler compares them strictly: parameters of methods are compared both ways, so methods become
 * functions; `void` takes anything, so it becomes a type; what is private has a name instead of an identity.
 */
function comparable(text) {
  const { factory } = ts;
  return parse(text)
    .map((statement) => {
      const { transformed } = ts.transform(statement, [
        (context) => {
          const visit = (original) => {
            const node = ts.visitEachChild(original, visit, context);
            if (node.kind === ts.SyntaxKind.VoidKeyword) return factory.createTypeReferenceNode(NOTHING);
            if (ts.isPropertyDeclaration(node) && ts.isPrivateIdentifier(node.name))
              return factory.createPropertyDeclaration(
                [],
                factory.createStringLiteral('private'),
                undefined,
                literal(statement.name.text),
              );
            if (!ts.isMethodSignature(node) && !ts.isMethodDeclaration(node)) return node;
            const type = factory.createFunctionTypeNode(node.typeParameters, node.parameters, node.type ?? WHATEVER);
            return ts.isMethodSignature(node)
              ? factory.createPropertySignature(node.modifiers, node.name, node.questionToken, type)
              : factory.createPropertyDeclaration(node.modifiers, node.name, node.questionToken, type);
          };
          return visit;
        },
      ]);
      return PRINTER.printNode(ts.EmitHint.Unspecified, transformed[0], statement.getSourceFile());
    })
    .join('\n');
}

const literal = (text) => ts.factory.createLiteralTypeNode(ts.factory.createStringLiteral(text));
const WHATEVER = ts.factory.createKeywordTypeNode(ts.SyntaxKind.UnknownKeyword);

// What a package's entry points export, read from the declarations they are shipped with.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';

const OPTIONS = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  noLib: true, // a global needs no resolving: its name is all that the report says of it
  types: [],
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
};
const PRINTER = ts.createPrinter({ newLine: ts.NewLineKind.LineFeed, removeComments: true });

/**
 * The API of each entry point `{ specifier, file }`: `{ specifier, exported, internal, imports, augmentations }`, where exported and
 * internal are `{ name, text, typeOnly }` and imports are names by package, with the version that matters to them. What one entry point exports already is an import of the next.
 * Throws sentences about what it cannot read.
 */
export function readApis(root, entryPoints) {
  const program = ts.createProgram(
    entryPoints.map(({ file }) => file),
    OPTIONS,
    hostOfThisProject(),
  );
  const checker = program.getTypeChecker();
  const home = join(realpathSync(root), 'packages') + sep;
  const owners = new Map();
  return entryPoints.map((entryPoint) => {
    const source = program.getSourceFile(entryPoint.file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${entryPoint.file} is not there, or exports nothing; run: npm run build`);
    const { imports, ...api } = readApi({
      program,
      checker,
      home,
      owners,
      module,
      specifier: entryPoint.specifier,
      file: source.fileName,
    });
    return { ...api, imports: imports.map((entry) => ({ ...entry, version: incompatibleFrom(root, entry.from) })) };
  });
}

const isOurs = (specifier) => specifier.startsWith('.') || specifier.startsWith('@stormpulse/');

/** Other packages are named, not looked into: they need not be read. */
function hostOfThisProject() {
  const host = ts.createCompilerHost(OPTIONS);
  const none = { resolvedModule: undefined };
  const resolve = ({ text }, file) =>
    isOurs(text) ? ts.resolveModuleName(text, file, OPTIONS, host, undefined, undefined, ESM) : none;
  return { ...host, resolveModuleNameLiterals: (literals, file) => literals.map((literal) => resolve(literal, file)) };
}

const ESM = ts.ModuleKind.ESNext;

/** What a caret holds fixed: `1` of 1.2.3, `0.34` of 0.34.52; undefined for a package of this project. */
function incompatibleFrom(root, name) {
  const manifest = join(root, 'node_modules', name, 'package.json');
  if (name.startsWith('@stormpulse/') || !existsSync(manifest)) return undefined;
  return /^(?:0\.\d+|\d+)/u.exec(JSON.parse(readFileSync(manifest, 'utf8')).version)?.[0];
}

function readApi({ program, checker, home, owners, module, specifier, file }) {
  const names = new Map();
  const imports = new Map();
  const exported = [];
  const internal = [];
  const queue = [];

  const claim = (name, thing) => {
    if ((names.get(name) ?? thing) !== thing) throw new Error(`${specifier}: two things are called ${name}; rename one`);
    names.set(name, thing);
    return name;
  };
  const importFrom = (from, name, thing = from) => {
    imports.set(from, (imports.get(from) ?? new Set()).add(name));
    return claim(name, thing);
  };
  /** The name that a symbol of a module has in the report; undefined for a global, a member, a parameter. */
  const nameOf = (symbol) => {
    const origin = foreignOrigin(checker, symbol);
    if (origin !== undefined) return importFrom(origin.from, origin.name);
    const target = resolved(checker, symbol);
    const declaration = target.declarations?.[0];
    const isKnown = declaration !== undefined && isTopLevel(declaration) && declaration.getSourceFile().fileName.startsWith(home);
    if (!isKnown) return undefined;
    const owner = owners.get(target);
    if (owner !== undefined) return owner.specifier === specifier ? owner.name : importFrom(owner.specifier, owner.name, target);
    if (names.get(target.name) !== target) queue.push({ name: claim(target.name, target), target });
    return target.name;
  };

  const print = (node) => textOf(node, checker, nameOf, importFrom);
  const own = [];
  for (const symbol of checker.getExportsOfModule(module)) {
    const { name } = symbol;
    const target = resolved(checker, symbol);
    const origin = foreignOrigin(checker, symbol);
    const typeOnly = isTypeOnly(checker, symbol) || (origin === undefined && (target.flags & ts.SymbolFlags.Value) === 0);
    const owner = origin === undefined ? owners.get(target) : { specifier: origin.from, name: origin.name };
    if (owner === undefined) {
      owners.set(target, { specifier, name });
      own.push({ name, target, typeOnly });
    } else {
      const as = owner.name === name ? name : `${owner.name} as ${name}`;
      exported.push({ name, typeOnly, text: `export ${typeOnly ? 'type ' : ''}{ ${as} } from '${owner.specifier}';` });
    }
    claim(name, origin?.from ?? target);
  }
  for (const { name, target, typeOnly } of own) exported.push({ name, typeOnly, text: declarationsOf(target, print) });
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  const augmentations = program
    .getSourceFiles()
    .filter(({ fileName }) => fileName.startsWith(folder))
    .flatMap(({ statements }) => statements.filter((node) => ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)))
    .map(print);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { name, target } = next;
    internal.push({ name, typeOnly: (target.flags & ts.SymbolFlags.Value) === 0, text: declarationsOf(target, print) });
  }
  return {
    specifier,
    exported: exported.sort(byName),
    internal: internal.sort(byName),
    imports: [...imports]
      .map(([from, list]) => ({ from, names: [...list].sort(inOrder) }))
      .sort((a, b) => inOrder(a.from, b.from)),
    augmentations: augmentations.sort(inOrder),
  };
}

const inOrder = (a, b) => (a < b ? -1 : Number(a > b));
const byName = (a, b) => inOrder(a.name, b.name);

function resolved(checker, symbol) {
  return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
}

function isTopLevel(declaration) {
  const holder = ts.isVariableDeclaration(declaration) ? declaration.parent.parent.parent : declaration.parent;
  return holder !== undefined && ts.isSourceFile(holder);
}

function aliases(checker, symbol) {
  const chain = [];
  for (let at = symbol; at !== undefined && (at.flags & ts.SymbolFlags.Alias) !== 0; at = checker.getImmediateAliasedSymbol(at))
    chain.push(at);
  return chain;
}

function isTypeOnly(checker, symbol) {
  return aliases(checker, symbol).some((alias) => alias.declarations?.some(ts.isTypeOnlyImportOrExportDeclaration) === true);
}

/** The package and the name that a symbol of another project was imported by; undefined for one of this project, and for a global. */
function foreignOrigin(checker, symbol) {
  for (const alias of aliases(checker, symbol)) {
    const declaration = alias.declarations?.[0];
    const from = ts.findAncestor(declaration, (node) => node.moduleSpecifier !== undefined)?.moduleSpecifier.text;
    if (from !== undefined && !isOurs(from)) return { from, name: (declaration.propertyName ?? declaration.name).text };
  }
  return undefined;
}

function declarationsOf(symbol, print) {
  const declarations = symbol.declarations.filter((node) => ts.isVariableDeclaration(node) || ts.isStatement(node));
  if (declarations.length === 0) throw new Error(`${symbol.name} is declared in a way that the report does not know`);
  return declarations.map(print).join('\n');
}

/** One declaration, normalised: no comments but deprecations, no paths, one member a line, every module's names made the report's. */
function textOf(declaration, checker, nameOf, importFrom) {
  const source = declaration.getSourceFile();
  const rename = (identifier) => {
    const symbol = checker.getSymbolAtLocation(identifier);
    const name = symbol && nameOf(symbol);
    return name === undefined || name === identifier.text ? identifier : ts.factory.createIdentifier(name);
  };
  const importedName = ({ qualifier, argument }) => {
    const from = argument.literal.text;
    if (!isOurs(from)) return importFrom(from, qualifier.text);
    const name = nameOf(checker.getSymbolAtLocation(qualifier));
    if (name === undefined) throw new Error(`${source.fileName}: ${qualifier.text} of ${from} is not there; run: npm run build`);
    return name;
  };
  const { transformed } = ts.transform(declaration, [
    (context) => {
      const visit = (node) => {
        if (ts.isIdentifier(node)) return rename(node);
        if (node.kind === ts.SyntaxKind.ExportKeyword || node.kind === ts.SyntaxKind.DefaultKeyword) return undefined;
        if (!ts.isImportTypeNode(node)) return ts.visitEachChild(node, visit, context);
        if (node.isTypeOf || node.qualifier === undefined || !ts.isIdentifier(node.qualifier))
          throw new Error(`${source.fileName}: the report cannot name ${node.getText()}; write the type by its name`);
        const args = ts.visitNodes(node.typeArguments, visit);
        return ts.factory.createTypeReferenceNode(importedName(node), args);
      };
      return visit;
    },
  ]);
  const [node] = transformed;
  const text = (part) => PRINTER.printNode(ts.EmitHint.Unspecified, part, source);
  const notes = deprecations(declaration);
  return [...notes, declared(node, text).replaceAll(/^( {4})+/gmu, (spaces) => ' '.repeat(spaces.length / 2))].join('\n');
}

function declared(node, text) {
  if (ts.isVariableDeclaration(node)) return `declare const ${text(node)};`;
  if (!ts.isTypeAliasDeclaration(node) || !ts.isUnionTypeNode(node.type)) return text(node);
  const head = text(ts.factory.updateTypeAliasDeclaration(node, [], node.name, node.typeParameters, WHATEVER));
  return `${head.slice(0, head.lastIndexOf('=') + 1)}\n${node.type.types.map((part) => `    | ${text(part).replaceAll('\n', '\n    ')}`).join('\n')};`;
}

const WHATEVER = ts.factory.createKeywordTypeNode(ts.SyntaxKind.UnknownKeyword);

/** `// deprecated NAME: why`, for the declaration and its members. */
function deprecations(declaration) {
  const notes = [];
  const visit = (node) => {
    const tag = ts.getJSDocDeprecatedTag(node);
    if (tag !== undefined && ts.isNamedDeclaration?.(node) !== false && node.name !== undefined)
      notes.push(`// deprecated ${node.name.getText()}: ${ts.getTextOfJSDocComment(tag.comment) ?? ''}`.trimEnd());
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return notes;
}

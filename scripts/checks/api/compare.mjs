// What changed between two versions of an API, and whether code written against the older one notices.
import { join } from 'node:path';
import ts from 'typescript';
import { lostMembers } from './lost-members.mjs';
import { rolesOf } from './roles.mjs';
import { importsIn, isReexport, modulesOf, parse } from './sides.mjs';
import { wordProblems } from './words.mjs';

const OPTIONS = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.es2024.string.d.ts', 'lib.esnext.disposable.d.ts'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
};
/** What is neither JavaScript's nor the contract's; the same in both versions, so that its name is enough. */
const PLATFORM = ['AbortSignal', 'Buffer', 'URL'];
/** It says which version this is; that is read, not compared. */
const VERSION = 'API_VERSION';

/**
 * A frozen handle carries what its author wrote, for the agent to find. No author needs to read it there, so it is not compared as
 * something that the agent gives: `spec: CollectorSpec<S>` counts as `spec: [S]`.
 */
const CARRIED = /(^ {2}readonly spec: )\w+(?:<(.*)>)?;$/mu;

/**
 * The changes from the parsed report `released` to `current`, as `{ level, text }`: `major` when code written against the released one
 * may notice, `minor` when none does. What cannot be told is major. `folder` is where packages that both refer to are found.
 */
export function compareApis(released, current, folder) {
  const [before, after] = [released, current].map(withAdditions);
  const changes = [...listedChanges(before, after), ...(before.head === after.head ? [] : headChanges(before.head, after.head))];
  const modules = modulesOf(before, after);
  const names = [...modules.differing].filter((name) => isComparable(before, name) && isComparable(after, name));
  if (names.length === 0) return changes;
  const nodes = (side) => new Map([...side.entries.values()].map(({ name, text }) => [name, parse(text)]));
  const [was, is] = [nodes(before), nodes(after)];
  const roles = [rolesOf(before.entries, was), rolesOf(after.entries, is)];
  const checks = names.flatMap((name) => [
    ...(before.entries.get(name).typeOnly ? [] : [{ name, line: `New.${name} satisfies typeof ${name};` }]),
    ...(declaresType(was.get(name)) && declaresType(is.get(name)) ? typeChecks(name, was.get(name)[0], roles) : []),
  ]);
  const problems = compile({ ...modules, before, checks, folder }, names, after);
  for (const name of names) for (const text of wordProblems(was.get(name), is.get(name))) problems.push({ name, text });
  return [...changes, ...worded(problems), ...harmless(before, after, modules.differing, problems)];
}

const isComparable = ({ entries }, name) => {
  const entry = entries.get(name);
  return entry !== undefined && entry.exported && name !== VERSION && !isReexport(entry);
};
const declaresType = ([node]) =>
  ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassDeclaration(node);

/** Members added to another package's interface become an entry: authors write them, and read them. */
function withAdditions(side) {
  const entries = new Map(
    [...side.entries].map(([name, entry]) => [name, { ...entry, text: entry.text.replace(CARRIED, '$1[$2];') }]),
  );
  for (const node of parse(side.head).filter(ts.isModuleDeclaration)) {
    for (const { name, members } of node.body.statements) {
      const added = `${name.text}Additions`;
      const text = `interface ${added} {\n${members.map((member) => `  ${member.getText()}\n`).join('')}}`;
      entries.set(added, { name: added, text, typeOnly: true, exported: true });
    }
  }
  for (const node of parse(side.head).filter(ts.isExportDeclaration)) {
    const name = node.exportClause.elements[0].name.text;
    entries.set(name, { name, text: node.getText(), typeOnly: node.isTypeOnly, exported: true });
  }
  return { ...side, entries };
}

function listedChanges(before, after) {
  const changes = [];
  for (const [name, was] of before.entries) {
    const is = after.entries.get(name);
    if (!was.exported) continue;
    if (is?.exported !== true) changes.push({ level: 'major', text: `${name} is not exported any more` });
    else if (is.typeOnly && !was.typeOnly) changes.push({ level: 'major', text: `${name} is exported as a type only` });
    else if (was.text !== is.text && (isReexport(was) || isReexport(is)))
      changes.push({ level: 'major', text: `${name} comes from somewhere else: ${is.text}` });
  }
  for (const [name, { exported }] of after.entries)
    if (exported && before.entries.get(name)?.exported !== true) changes.push({ level: 'minor', text: `${name} is new` });
  return changes;
}

/** `// 0.34` behind an import: another package's types are part of ours. */
function headChanges(before, after) {
  const versions = (head) =>
    new Map([...head.matchAll(/from '([^']+)'; \/\/ (\S+)$/gmu)].map(([, from, version]) => [from, version]));
  const now = versions(after);
  return [...versions(before)]
    .filter(([from, version]) => now.has(from) && now.get(from) !== version)
    .map(([from, version]) => ({
      level: 'major',
      text: `the types of ${from} are those of ${now.get(from)}, were of ${version}`,
    }));
}

/** One function a direction: what is given must do for what was expected, what was written must still do. */
function typeChecks(name, node, [was, is]) {
  const parameters = node.typeParameters ?? [];
  const list = parameters.length === 0 ? '' : `<${parameters.map((parameter) => parameter.getText()).join(', ')}>`;
  const used = parameters.length === 0 ? '' : `<${parameters.map((parameter) => parameter.name.text).join(', ')}>`;
  const [old, now] = [`${name}${used}`, `New.${name}${used}`];
  const roles = new Set([...was.get(name), ...is.get(name)]);
  return [
    ...(roles.has('given') ? [{ name, line: `(${list}(value: ${now}): ${old} => value);` }] : []),
    ...(roles.has('written') ? [{ name, line: `(${list}(value: ${old}): ${now} => value);` }] : []),
  ];
}

function compile({ shared, released, current, before, checks, folder }, names, after) {
  const at = (file) => join(folder, `.compared-api/${file}`);
  const own = [...before.entries.values()].filter((entry) => !isReexport(entry)).map(({ name }) => name);
  const head = [
    ...importsIn(before.head),
    `import { ${own.join(', ')} } from './released.js';`,
    "import * as New from './current.js';",
  ].join('\n');
  const first = head.split('\n').length;
  const files = new Map([
    [at('platform.d.ts'), PLATFORM.map((name) => `interface ${name} { readonly '${name} of the platform': true }`).join('\n')],
    [at('shared.d.ts'), shared],
    [at('released.d.ts'), released],
    [at('current.d.ts'), current],
    [at('checks.ts'), `${head}\n${checks.map(({ line }) => line).join('\n')}\n`],
  ]);
  const program = ts.createProgram([at('platform.d.ts'), at('checks.ts')], OPTIONS, hostWith(files));
  const problems = [...files.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ start, messageText }) => {
        const check = file.endsWith('checks.ts') && checks[source.getLineAndCharacterOfPosition(start).line - first];
        return { name: check ? check.name : 'something that cannot be compared', text: innermost(messageText) };
      },
    );
  });
  return [...problems, ...lost(program, at, names, after)];
}

function lost(program, at, names, { entries }) {
  const checker = program.getTypeChecker();
  const exportsOf = (file) => checker.getSymbolAtLocation(program.getSourceFile(at(file)));
  const [was, is] = ['released.d.ts', 'current.d.ts'].map(exportsOf);
  const find = (module, name) => {
    const symbol = checker.getExportsOfModule(module).find((one) => one.name === name);
    return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
  };
  const nameOf = (type) => (type.aliasSymbol ?? type.symbol)?.name;
  const isNamed = (before, after) => nameOf(before) === nameOf(after) && entries.get(nameOf(after))?.exported === true;
  return names.flatMap((name) => {
    const [before, after] = [find(was, name), find(is, name)];
    const pairs = [
      [ts.SymbolFlags.Type, (symbol) => checker.getDeclaredTypeOfSymbol(symbol)],
      [ts.SymbolFlags.Value, (symbol) => checker.getTypeOfSymbol(symbol)],
    ];
    return pairs
      .filter(([flag]) => (before.flags & flag) !== 0 && (after.flags & flag) !== 0)
      .flatMap(([, typeOf]) => lostMembers(checker, typeOf(before), typeOf(after), isNamed))
      .map((path) => ({ name, text: `${name}${path} is gone` }));
  });
}

/** What does not change between two comparisons is read once. */
const libraries = new Map();

function hostWith(files) {
  const host = ts.createCompilerHost(OPTIONS);
  const read = (path, target) => {
    if (!path.includes('/node_modules/')) return host.getSourceFile(path, target);
    if (!libraries.has(path)) libraries.set(path, host.getSourceFile(path, target));
    return libraries.get(path);
  };
  return {
    ...host,
    directoryExists: undefined, // the folder is not on disk
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    getSourceFile: (path, target) => (files.has(path) ? ts.createSourceFile(path, files.get(path), target) : read(path, target)),
  };
}

/** The last of a chain of "is not assignable because" is the reason. */
function innermost(message) {
  const [next] = message.next ?? [];
  if (next !== undefined) return innermost(next);
  const text = typeof message === 'string' ? message : message.messageText;
  return text.replaceAll(/import\("[^"]*?([^"/]*)"(?:, \{ with: \{[^}]*\} \})?\)\./gu, (_, file) => MODULES[file] ?? '');
}

const MODULES = { released: 'released ', current: 'new ' };

function worded(problems) {
  const byText = new Map();
  for (const { name, text } of problems) byText.set(text, (byText.get(text) ?? new Set()).add(name));
  return [...byText].map(([text, names]) => ({ level: 'major', text: `${[...names].join(', ')}: ${text}` }));
}

/** Lines that differ where nobody notices. */
function harmless(before, after, differing, problems) {
  const broken = new Set(problems.map(({ name }) => name));
  return [...differing].flatMap((name) => {
    const [was, is] = [before.entries.get(name), after.entries.get(name)];
    if (was === undefined || is === undefined || was.text === is.text || broken.has(name) || name === VERSION) return [];
    if (broken.size > 0 && !is.exported) return [];
    const lines = is.text.split('\n').filter((line) => !was.text.split('\n').includes(line));
    return [{ level: 'minor', text: `${name} is compatible: ${lines.map((line) => line.trim()).join(' ') || 'less of it'}` }];
  });
}

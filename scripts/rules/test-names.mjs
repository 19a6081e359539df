// The names of all tests, read from their sources as syntax: describe, it, test, their templates, loops and `.each` tables.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const FOLDERS = ['packages', 'plugins', 'examples', 'test/src'];
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'build', 'bundle']);
const GROUPS = new Set(['describe', 'suite']);
const TESTS = new Set(['it', 'test']);
const TABLES = new Set(['each', 'for']);

/** Every test of the project as `{ file, name }`; the name begins with those of the groups around it. Skipped ones do not count. */
export function testNames(root) {
  return FOLDERS.flatMap((folder) => testFiles(join(root, folder)))
    .sort((a, b) => (a < b ? -1 : 1))
    .flatMap((path) => {
      const file = relative(root, path);
      return namesIn(readFileSync(path, 'utf8'), file).map((name) => ({ file, name }));
    });
}

/** The full names of the tests of one source text. What is only known at run time stands as `…`. */
export function namesIn(text, file) {
  const kind = file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, kind);
  const found = [];
  const visit = (node, groups) => {
    const call = ts.isCallExpression(node) ? readCall(node) : undefined;
    if (call === undefined) {
      ts.forEachChild(node, (child) => visit(child, groups));
      return;
    }
    if (call.skipped) return;
    const names = groups.flatMap((group) => call.titles.map((title) => (group === '' ? title : `${group} > ${title}`)));
    if (call.isTest) found.push(...names);
    else for (const argument of node.arguments.slice(1)) visit(argument, names);
  };
  visit(source, ['']);
  return found;
}

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : testFiles(path);
    return /\.test\.tsx?$/u.test(entry.name) ? [path] : [];
  });
}

/** What a call declares, or undefined when it declares no test: `it('a', …)`, `test.each(rows)('a %s', …)`, `describe.runIf(x)(…)`. */
function readCall(node) {
  const modifiers = [];
  let table;
  let head = node.expression;
  while (!ts.isIdentifier(head)) {
    if (ts.isPropertyAccessExpression(head)) modifiers.push(head.name.text);
    else if (ts.isCallExpression(head) && ts.isPropertyAccessExpression(head.expression)) {
      if (TABLES.has(head.expression.name.text)) [table] = head.arguments;
    } else if (!ts.isTaggedTemplateExpression(head)) return undefined;
    head = head.expression ?? head.tag;
  }
  if (!(GROUPS.has(head.text) || TESTS.has(head.text)) || node.arguments.length < 2) return undefined;
  const [title] = node.arguments;
  return {
    isTest: TESTS.has(head.text),
    skipped: modifiers.includes('skip') || modifiers.includes('todo'),
    titles: table === undefined ? titlesOf(title) : rowTitles(textOf(title) ?? '…', rowsOf(table)),
  };
}

/** One title, or one for each row when the title is a member of what a `for … of` around it runs over. */
function titlesOf(node) {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const rows = rowsOf(loopOver(node, node.expression.text));
    const texts = rows?.map((row) => textOf(member(row, node.name.text)) ?? '…');
    if (texts !== undefined) return texts;
  }
  return [textOf(node) ?? '…'];
}

function loopOver(node, name) {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (!ts.isForOfStatement(at) || !ts.isVariableDeclarationList(at.initializer)) continue;
    if (at.initializer.declarations[0]?.name.getText() === name) return at.expression;
  }
}

function rowTitles(title, rows) {
  if (rows === undefined || rows.length === 0) return [title];
  return rows.map((row) => {
    const values = ts.isArrayLiteralExpression(row) ? [...row.elements] : [row];
    const next = () => textOf(values.shift()) ?? '…';
    return title.replaceAll(/%([sdifjop])/gu, next).replaceAll(/\$(\w+)/gu, (whole, key) => textOf(member(row, key)) ?? whole);
  });
}

function rowsOf(node) {
  const list = meaning(node);
  return list !== undefined && ts.isArrayLiteralExpression(list) ? list.elements.map((row) => meaning(row) ?? row) : undefined;
}

function member(row, key) {
  if (row === undefined || !ts.isObjectLiteralExpression(row)) return undefined;
  return row.properties.find((property) => ts.isPropertyAssignment(property) && property.name.getText() === key)?.initializer;
}

function textOf(node) {
  const at = meaning(node);
  if (at === undefined) return undefined;
  if (ts.isStringLiteralLike(at) || ts.isNumericLiteral(at)) return at.text;
  if (ts.isTemplateExpression(at))
    return at.head.text + at.templateSpans.map((span) => (textOf(span.expression) ?? '…') + span.literal.text).join('');
  if (ts.isBinaryExpression(at) && at.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return (textOf(at.left) ?? '…') + (textOf(at.right) ?? '…');
  return undefined;
}

/** The expression itself: without casts and brackets, a name replaced by what its file's constant holds. */
function meaning(node) {
  let at = node;
  while (at !== undefined) {
    if (ts.isAsExpression(at) || ts.isSatisfiesExpression(at) || ts.isParenthesizedExpression(at)) at = at.expression;
    else if (ts.isIdentifier(at)) at = constantOf(at);
    else return at;
  }
}

function constantOf(name) {
  for (let scope = name.parent; scope !== undefined; scope = scope.parent) {
    for (const statement of scope.statements ?? []) {
      if (!ts.isVariableStatement(statement)) continue;
      const { declarations } = statement.declarationList;
      const found = declarations.find((one) => ts.isIdentifier(one.name) && one.name.text === name.text);
      if (found !== undefined) return found.initializer;
    }
  }
}

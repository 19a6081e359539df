// The text of an API report, and back: what a reviewer reads is also what the next version is compared with.

const FENCE = '```';

/** The report of the APIs of one package's entry points; `title` is its first line. */
export function formatReport(title, apis) {
  return `# ${title}\n\n${HEAD}\n${apis.map(formatApi).join('\n')}`;
}

const HEAD = `Made from the built declarations by \`npm run check -- --update\`; \`npm run check\` fails when it differs from them. One entry a name,
its whole declaration, one member a line; what a comment promises is not here.
`;

/** The same report, kept as what a release promised. */
export function asReleased(report) {
  return report.replace(HEAD, RELEASED_HEAD);
}

const RELEASED_HEAD = `The contract as it was last released: what the current one is compared with. Written by \`npm run check -- --release-contract\`, not by hand.
`;

function formatApi({ specifier, exported, internal, imports, augmentations }) {
  const again = exported.filter(isReexport);
  const parts = [
    again.length > 0 && `Exported again:\n\n${fenced(again.map(({ text }) => text))}`,
    imports.length > 0 && `Refers to:\n\n${fenced(imports.map(importLine))}`,
    augmentations.length > 0 && `Adds to other packages:\n\n${fenced(augmentations)}`,
    ...exported.filter((entry) => !isReexport(entry)).map(formatEntry('')),
    ...internal.map(formatEntry(' (not exported)')),
  ];
  return `## ${specifier}\n\n${parts.filter(Boolean).join('\n')}`;
}

const importLine = ({ from, names, version }) =>
  `import type {\n${names.map((name) => `  ${name},\n`).join('')}} from '${from}';${version === undefined ? '' : ` // ${version}`}`;
const isReexport = ({ text }) => text.startsWith('export ');
const fenced = (lines) => `${FENCE}ts\n${lines.join('\n')}\n${FENCE}\n`;
const formatEntry = (mark) => (entry) => `### ${entry.name}${entry.typeOnly ? TYPE : ''}${mark}\n\n${fenced([entry.text])}`;
const TYPE = ' (type)';

/**
 * The API of a report's first entry point, as far as a comparison needs it: `{ version, entries, head }`. `entries` are
 * `{ name, text, typeOnly, exported }` by name, `head` the lines that bring names from elsewhere.
 */
export function parseReport(text) {
  const version = /^# .*\b(\d+\.\d+)$/mu.exec(text)?.[1];
  if (version === undefined) throw new Error('the report names no version in its first line');
  const entries = new Map();
  const [head = '', ...sections] = (text.split(/^## /mu)[1] ?? '').split(/^### /mu);
  for (const section of sections) {
    const [, name, type, mark] = /^(\S+)( \(type\))?( \(not exported\))?$/mu.exec(section) ?? [];
    const code = codeIn(section);
    if (name === undefined || code.length !== 1)
      throw new Error(`the report has an entry it cannot have: "${section.slice(0, 60)}"`);
    entries.set(name, { name, text: code[0], typeOnly: type !== undefined, exported: mark === undefined });
  }
  return { version, entries, head: codeIn(head).join('\n') };
}

function codeIn(section) {
  return [...section.matchAll(/^```ts\n([^]*?)\n```$/gmu)].map(([, code]) => code);
}

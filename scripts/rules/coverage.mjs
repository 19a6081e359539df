// Which tests name which rule, and the table that says so.

/** An id as a word of its own. The ends of a range (`A1 to A13`) are none: a heading must not stand for what nobody tested. */
const ID = /(?<![\w+-]|\d to )(?:SEC-\d{3}|[A-Z]\d{1,2})(?![\w-]| to (?:SEC-|[A-Z])?\d)/gu;

/** Each entry with the tests that name it and its state: named, missing, waits or not yet. */
export function coverage(entries, tests) {
  const known = new Map(entries.map((entry) => [entry.id, []]));
  for (const test of tests) {
    const named = new Set(test.name.match(ID));
    for (const id of named) known.get(id)?.push(test);
  }
  return entries.map((entry) => {
    const naming = known.get(entry.id);
    return { ...entry, tests: naming, state: stateOf(entry, naming.length) };
  });
}

function stateOf({ required, waits }, count) {
  if (count > 0) return 'named';
  if (required) return 'missing';
  return waits === null ? 'not yet' : 'waits';
}

/** A line for each entry, under it a line for each file with the first of its tests, and a last line with the sums. */
export function table(covered, heading) {
  const lines = [`${heading.padEnd(9)}${'state'.padEnd(9)}${'tests'.padStart(5)}  what it asks`];
  for (const { id, title, state, tests, waits } of covered) {
    lines.push(
      `${id.padEnd(9)}${state.padEnd(9)}${String(tests.length).padStart(5)}  ${title}${waits === null ? '' : ` (waits: ${waits})`}`,
    );
    for (const [file, names] of byFile(tests)) lines.push(`${' '.repeat(25)}${file}: ${shown(names)}`);
  }
  const sums = ['named', 'missing', 'waits', 'not yet'].map(
    (state) => `${covered.filter((entry) => entry.state === state).length} ${state}`,
  );
  return [...lines, '', sums.join(', ')].join('\n');
}

function byFile(tests) {
  const files = new Map();
  for (const { file, name } of tests) files.set(file, [...(files.get(file) ?? []), name]);
  return files;
}

function shown(names) {
  const [first] = names;
  const short = first.length > 120 ? `${first.slice(0, 119)}…` : first;
  return names.length === 1 ? short : `${short} (and ${names.length - 1} more)`;
}

// The lists of rules and cases are Markdown tables in docs/reference: id first, what it asks second, proof last.
import { readFileSync } from 'node:fs';

const ID = /^(?:SEC-\d{3}|[A-Z]\d{1,2})$/u;

/** The entries of a page: `{ id, title, required, waits }`. Throws when a line with an id has no proof it knows. */
export function readList(path) {
  return entriesOf(readFileSync(path, 'utf8'), path);
}

export function entriesOf(text, path) {
  return text.split('\n').flatMap((line, index) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, id = '', title = ''] = cells;
    if (cells.length < 4 || !ID.test(id)) return [];
    const proof = /^(?:(test|later)(?:; )?)?(?:waits: (.+))?$/u.exec(cells.at(-2) ?? '');
    if (proof === null || proof[0] === '')
      throw new Error(
        `${path}:${index + 1}: ${id} says "${cells.at(-2)}" as proof; write test, later, "waits: …" or "test; waits: …"`,
      );
    return [{ id, title, required: proof[1] === 'test', waits: proof[2] ?? null }];
  });
}

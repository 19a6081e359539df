/** One line of a difference: ` ` stays and is not shown, `-` goes, `+` comes. */
interface Change {
  readonly sign: '-' | '+';
  /** In the text that has it, from 1. */
  readonly line: number;
  readonly text: string;
}

/** Some 16 MB for the table of a comparison: a host's file has a few hundred lines, a plugin's may have any number. */
const MAX_CELLS = 4_000_000;

/**
 * What differs between two texts, line by line, the fewest lines there can be. What stays is not shown: in a host's file it may hold
 * secrets that are none of this change's business.
 */
export function diffLines(before: string, after: string): readonly string[] {
  const [old, next] = [linesOf(before), linesOf(after)];
  if (old.length * next.length > MAX_CELLS) return [`@@ ${old.length} lines become ${next.length}, too many to compare`];
  const changes = changesOf(old, next);
  return changes.flatMap((change, at) => {
    const previous = changes[at - 1];
    const follows = previous !== undefined && change.line - previous.line <= 1;
    return [...(follows ? [] : [`@@ line ${change.line}`]), `${change.sign} ${change.text}`];
  });
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/u, '').split('\n');
}

/** Longest common subsequence. */
function changesOf(before: readonly string[], after: readonly string[]): readonly Change[] {
  const common = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = common[i];
      if (row !== undefined) row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const changes: Change[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) [i, j] = [i + 1, j + 1];
    else if (i < before.length && (j === after.length || at(i + 1, j) >= at(i, j + 1))) {
      changes.push({ sign: '-', line: i + 1, text: before[i] ?? '' });
      i += 1;
    } else {
      changes.push({ sign: '+', line: j + 1, text: after[j] ?? '' });
      j += 1;
    }
  }
  return changes;
}

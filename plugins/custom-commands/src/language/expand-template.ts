import { namesIn } from './parse-template.ts';
import type { TemplateWord } from './parse-template.ts';

export type Expansion =
  | { readonly ok: true; readonly argv: readonly string[] }
  | { readonly ok: false; readonly missing: string };

/**
 * Fills a template once; values are never scanned again (SEC-102). A word starting with `--` is dropped with an empty word
 * after it, unless a runtime value made it empty: only local configuration may take an option away.
 */
export function expandTemplate(
  words: readonly TemplateWord[],
  values: ReadonlyMap<string, string>,
  runtime: ReadonlySet<string> = new Set(),
): Expansion {
  const missing = words.flatMap(namesIn).find((name) => !values.has(name));
  if (missing !== undefined) return { ok: false, missing };
  const filled = words.map((word) => ({
    text: word.map((piece) => ('text' in piece ? piece.text : (values.get(piece.name) ?? ''))).join(''),
    removable: !namesIn(word).some((name) => runtime.has(name)),
  }));
  return {
    ok: true,
    argv: dropEmptyOptions(filled, ({ text, removable }) => (removable ? text : undefined)).map(({ text }) => text),
  };
}

/** Removes every `--option` that an empty word follows, with that word; `textOf` is undefined for what must stay. */
export function dropEmptyOptions<T>(words: readonly T[], textOf: (word: T) => string | undefined): readonly T[] {
  const kept: T[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as T;
    const next = words[index + 1];
    const dropped = textOf(word)?.startsWith('--') === true && next !== undefined && textOf(next) === '';
    if (dropped) index += 1;
    else kept.push(word);
  }
  return kept;
}

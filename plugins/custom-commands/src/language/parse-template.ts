/** One piece of a template word: fixed text, or the place of a value. */
export type Piece = { readonly text: string } | { readonly name: string };

/** One element of argv before its values are known. */
export type TemplateWord = readonly Piece[];

export type ParsedTemplate =
  | { readonly ok: true; readonly words: readonly TemplateWord[] }
  | { readonly ok: false; readonly problems: readonly { readonly word: number; readonly problem: string }[] };

const PLACEHOLDER = /^\{([A-Za-z_][A-Za-z0-9_]*)\}/u;

/** Reads a template whose grammar is `{name}`, `{{` and `}}`, nothing else (SEC-102). Never throws; reports every bad word. */
export function parseTemplate(template: readonly string[]): ParsedTemplate {
  const words = template.map(parseWord);
  const problems = words.flatMap((word, index) => (typeof word === 'string' ? [{ word: index, problem: word }] : []));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, words: words.filter((word) => typeof word !== 'string') };
}

/** The names of the placeholders of a word. */
export function namesIn(word: TemplateWord): readonly string[] {
  return word.flatMap((piece) => ('name' in piece ? [piece.name] : []));
}

/** The word's text when it has no placeholder. */
export function fixedText(word: TemplateWord | undefined): string | undefined {
  if (word === undefined || namesIn(word).length > 0) return undefined;
  return word.map((piece) => ('text' in piece ? piece.text : '')).join('');
}

/** The word, or what is wrong with it. */
function parseWord(word: string): TemplateWord | string {
  const pieces: Piece[] = [];
  let text = '';
  let rest = word;
  while (rest !== '') {
    if (rest.startsWith('{{') || rest.startsWith('}}')) {
      text += rest[0];
      rest = rest.slice(2);
    } else if (rest.startsWith('{') || rest.startsWith('}')) {
      const match = PLACEHOLDER.exec(rest);
      if (match?.[1] === undefined) return describe(rest);
      if (text !== '') pieces.push({ text });
      pieces.push({ name: match[1] });
      text = '';
      rest = rest.slice(match[0].length);
    } else {
      const brace = rest.search(/[{}]/u);
      text += brace < 0 ? rest : rest.slice(0, brace);
      rest = brace < 0 ? '' : rest.slice(brace);
    }
  }
  if (text !== '') pieces.push({ text });
  return pieces;
}

function describe(rest: string): string {
  const shown = JSON.stringify(rest.slice(0, 40));
  return `${shown} is no placeholder; expected {name} with letters, digits and _, or {{ and }} for literal braces`;
}

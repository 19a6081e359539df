import { readFileSync } from 'node:fs';

/** One fenced block of a page: three backticks, a language, and perhaps ` title="…"`. */
export interface Block {
  readonly language: string;
  readonly title: string | undefined;
  readonly text: string;
  /** Of its opening fence, from 1. */
  readonly line: number;
}

export function blocksOf(path: string): readonly Block[] {
  const page = readFileSync(path, 'utf8');
  return [...page.matchAll(/^```(?<language>\w+)(?: title="(?<title>[^"]+)")?\n(?<text>[^]*?)^```$/gmu)].map((match) => ({
    language: match.groups?.['language'] ?? '',
    title: match.groups?.['title'],
    text: match.groups?.['text'] ?? '',
    line: page.slice(0, match.index).split('\n').length,
  }));
}

/** The first line of `shown` that `output` does not have, after those before it. `…` stands for anything within a line. */
export function missingLine(shown: string, output: string): string | undefined {
  const lines = output.split('\n').map((line) => line.trim());
  for (const line of shown.split('\n').filter((each) => each.trim() !== '')) {
    const pattern = new RegExp(`^${line.trim().split('…').map(literally).join('.*')}$`, 'u');
    const at = lines.findIndex((candidate) => pattern.test(candidate));
    if (at === -1) return line;
    lines.splice(0, at + 1);
  }
  return undefined;
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`);
}

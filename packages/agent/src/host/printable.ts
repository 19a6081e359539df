/** What a stranger sent, fit for a terminal: one line, no control characters, at most `maxChars`. */
export function printable(text: string, maxChars = 1_024): string {
  return text
    .slice(0, maxChars)
    .replaceAll(/\p{C}+/gu, ' ')
    .trim();
}

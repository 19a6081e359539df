import { compareCodePoints } from './code-point-order.ts';
import type { CommandManifest } from './payloads/manifest.ts';

/** An argv template as a manifest shows it: long absolute paths are cut to their last part (wire page, section 8.9). */
export function displayTemplate(argv: readonly string[]): string[] {
  return argv.map(displayWord);
}

/** One word of {@link displayTemplate}: what starts with `/` and has another `/` is cut to the part after the last one. */
export function displayWord(word: string): string {
  return word.startsWith('/') && word.includes('/', 1) ? word.slice(word.lastIndexOf('/') + 1) : word;
}

/** A manifest with its names in code-point order, as it goes on the wire. */
export function sortedManifest(manifest: CommandManifest): CommandManifest {
  return Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => compareCodePoints(a, b)));
}

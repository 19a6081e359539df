const VERSION = /\d+\.\d+(?:\.\d+)?(?:[-+][\w.]+)?/;

/** The first version number in a program's output, or null (wire page, section 7.3). */
export function versionIn(output: string): string | null {
  return VERSION.exec(output)?.[0] ?? null;
}

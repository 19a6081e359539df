const MAX_CHARS = 255;
const UNFIT = /[\p{Cc}\p{Cs}\u2028\u2029]/u;
const UNFIT_ALL = /[\p{Cc}\u2028\u2029]/gu;

/** Text that whoever made a container chose (names, labels, images), as it may be told: one line of whole characters, with an end. */
export function shown(text: string, maxChars = MAX_CHARS): string {
  if (text.length <= maxChars && !UNFIT.test(text)) return text;
  return text.slice(0, maxChars).replaceAll(UNFIT_ALL, '\uFFFD').toWellFormed();
}

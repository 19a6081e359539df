const MAX_CHARS = 500;

/** Agents' words for a person: control characters gone, length capped (security model, SEC-322). */
export function plainText(value: unknown, maxChars = MAX_CHARS): string {
  const text = typeof value === 'string' ? value : '';
  return text
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/gu, ' ')
    .slice(0, maxChars)
    .replaceAll(/\p{Surrogate}/gu, '');
}

/** The same, with nothing for nothing. */
export function plainTextOrNull(value: unknown, maxChars = MAX_CHARS): string | null {
  return typeof value === 'string' && value !== '' ? plainText(value, maxChars) : null;
}

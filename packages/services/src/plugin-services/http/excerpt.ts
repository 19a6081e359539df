const MAX_CHARS = 200;
/** Well below what is read of such an answer, so that no secret in it was cut in two by the reading. */
const MAX_LOOKED_AT = 4_096;
/** Shorter ones would only maim the text. */
const MIN_SECRET_CHARS = 4;

/** The beginning of an answer's text, for an error: one line, and no header that was sent comes back in it. */
export function excerptOf(text: string, headers: Readonly<Record<string, string>>): string {
  const values = Object.values(headers).flatMap((value) => [value, ...value.split(/\s+/u).slice(1)]);
  const secrets = values.filter((value) => value.length >= MIN_SECRET_CHARS).sort((a, b) => b.length - a.length);
  // Hidden before it is cut: the beginning of a secret is one too.
  const clean = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
  return clean
    .slice(0, MAX_LOOKED_AT)
    .replaceAll(/[\p{Cc}\s\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, MAX_CHARS)
    .toWellFormed();
}

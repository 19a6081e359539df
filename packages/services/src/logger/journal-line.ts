/** syslog's priorities, as the journal keeps them (sd-daemon(3)). */
const PRIORITY: Readonly<Record<string, number>> = { fatal: 2, error: 3, warn: 4, info: 6, debug: 7, trace: 7 };

/**
 * One of pino's JSON lines as the journal's readers want it: priority, then text a person reads,
 * `<4>verify: refused reason=replayed_nonce`. Time is left out, the journal has its own.
 */
export function journalLine(json: string): string {
  const { level, name, msg, time: _, ...fields } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const more = Object.entries(fields).map(([key, value]) => ` ${key}=${shown(value)}`);
  const text = typeof msg === 'string' ? ` ${escaped(msg)}` : '';
  return `<${PRIORITY[String(level)] ?? 6}>${escaped(String(name))}:${text}${more.join('')}\n`;
}

/** A plain word as it is, everything else as JSON, which keeps it on one line. */
function shown(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@+-]+$/u.test(value) ? value : escaped(JSON.stringify(value));
}

const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A line end would begin an entry of its own, of a priority the text chose (SEC-230). */
function escaped(text: string): string {
  return text.replaceAll(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

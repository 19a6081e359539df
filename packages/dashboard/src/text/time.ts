const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Later than any Unix time in seconds this page will meet, earlier than any in milliseconds. */
const MILLISECONDS_FROM = 100_000_000_000;

/**
 * The API gives milliseconds, metrics in seconds, and a few RFC 3339 texts (hub page, section 2): all become Unix
 * milliseconds; what is none of them becomes null.
 */
export function unixMs(value: unknown): number | null {
  if (typeof value === 'string') {
    const parsed = Date.parse(value);
    return Number.isNaN(parsed) ? null : parsed;
  }
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return null;
  return value < MILLISECONDS_FROM ? Math.round(value * SECOND) : value;
}

/** An age in the two largest units that matter: "now", "12 s", "4 min", "3 h 5 min", "12 d". */
export function ageText(ms: number): string {
  if (ms < SECOND) return 'now';
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return pair(ms, HOUR, 'h', MINUTE, 'min');
  return ms < 10 * DAY ? pair(ms, DAY, 'd', HOUR, 'h') : `${Math.floor(ms / DAY)} d`;
}

/** How long something took: "8 ms", "0.35 s", "4.1 s", "2 min 5 s". */
export function durationText(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 995) return `${(ms / SECOND).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / SECOND).toFixed(1)} s`;
  const rounded = Math.round(ms / SECOND) * SECOND;
  return rounded < HOUR ? pair(rounded, MINUTE, 'min', SECOND, 's') : pair(rounded, HOUR, 'h', MINUTE, 'min');
}

/** The viewer's own clock, to the second or minute; the date only when it is not today's. */
export function clockText(ms: number, nowMs: number, to: 'second' | 'minute' = 'second'): string {
  const at = new Date(ms);
  const time = at.toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    ...(to === 'second' ? { second: '2-digit' } : {}),
    hourCycle: 'h23',
  });
  const sameDay = at.toDateString() === new Date(nowMs).toDateString();
  return sameDay ? time : `${at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })} ${time}`;
}

function pair(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms - whole * large) / small);
  return rest === 0 ? `${whole} ${largeName}` : `${whole} ${largeName} ${rest} ${smallName}`;
}

import { Refused } from '../errors.ts';
import type { Window } from './case-file.ts';

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const DAY_MS = 86_400_000;
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?: (\d{2}):(\d{2})(?::(\d{2}))?)?$/u;

/** The last 24 hours unless told: `--since 90m`, `--since "2026-11-28 10:00"`, in this host's local time. Throws `E_AGENT_REFUSED`. */
export function windowOf(since: string | undefined, until: string | undefined, now: number): Window {
  const end = until === undefined ? now : moment('--until', until, now);
  const start = since === undefined ? end - DAY_MS : moment('--since', since, now);
  if (start >= end)
    throw Refused({ what: `--since is not before --until (${local(start)}, ${local(end)}); name an earlier time` });
  return { since: start, until: end };
}

/** As people of this host write it. */
export function local(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function moment(option: string, text: string, now: number): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/u.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (UNIT_MS[unit ?? ''] ?? 0);
  const parts = DATE.exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  if (parts !== undefined) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
    const date = new Date(year, month - 1, day, hour, minute, second);
    // 2026-02-31 would be read as a day in March.
    if (date.getMonth() === month - 1 && date.getDate() === day && hour < 24 && minute < 60 && second < 60) return date.getTime();
  }
  throw Refused({
    what: `${option} "${text.slice(0, 64)}" is no time; expected a span such as 90m, 6h or 7d, or a date, YYYY-MM-DD or "YYYY-MM-DD HH:MM[:SS]", in local time`,
  });
}

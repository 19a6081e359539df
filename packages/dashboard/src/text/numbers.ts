import { ageText } from './time.ts';

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** What stands where a figure is missing. */
export const NO_FIGURE = '–';

/** "12.3 %", one decimal below 10, none from 99.95 on; an absent figure is a dash, never a zero. */
export function percentText(value: number | null | undefined): string {
  if (!isFigure(value)) return NO_FIGURE;
  return `${Math.abs(value) < 99.95 ? value.toFixed(1) : value.toFixed(0)} %`;
}

/** "12 %", where there is room for no more. */
export function wholePercentText(value: number | null | undefined): string {
  return isFigure(value) ? `${Math.round(value)} %` : NO_FIGURE;
}

/** "512 B", "3.8 GiB": binary units, three digits at most. */
export function bytesText(bytes: number | null | undefined): string {
  if (!isFigure(bytes)) return NO_FIGURE;
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${bytes < 0 ? '-' : ''}${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** v1 says mb and gb and means MiB and GiB (wire page, section 7.1). */
export function mebibytesText(mebibytes: number | null | undefined): string {
  return isFigure(mebibytes) ? bytesText(mebibytes * 1024 ** 2) : NO_FIGURE;
}

export function gibibytesText(gibibytes: number | null | undefined): string {
  return isFigure(gibibytes) ? bytesText(gibibytes * 1024 ** 3) : NO_FIGURE;
}

export function loadText(value: number | null | undefined): string {
  return isFigure(value) ? value.toFixed(2) : NO_FIGURE;
}

export function countText(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 2 }).replaceAll(',', '\u202f');
}

/** 0..1 of a bar, whatever an agent sent. */
export function fractionOf(percent: number | null | undefined): number {
  return isFigure(percent) ? Math.min(1, Math.max(0, percent / 100)) : 0;
}

/** A number of a plugin's state, in the unit its key names (`_bytes`, `_mb`, `_percent`, `_seconds`, `_per_second`…). */
export function figureByKey(key: string, value: number): string {
  const name = key.toLowerCase();
  if (/bytes?_per_s(ec(ond)?)?$/.test(name)) return `${bytesText(value)}/s`;
  if (/(^|_)bytes?$/.test(name) || /_bytes?_/.test(name)) return bytesText(value);
  if (/_kb$|_kib$/.test(name)) return bytesText(value * 1024);
  if (/_mb$|_mib$/.test(name)) return mebibytesText(value);
  if (/_gb$|_gib$/.test(name)) return gibibytesText(value);
  if (/(^|_)percent$/.test(name)) return percentText(value);
  if (name.endsWith('_ms')) return `${countText(value)} ms`;
  if (/_seconds$|_s$/.test(name) && !name.endsWith('_per_s')) return ageText(value * 1000);
  if (/_per_s(ec(ond)?)?$/.test(name)) return `${countText(value)}/s`;
  return countText(value);
}

function isFigure(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

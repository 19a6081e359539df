import { PythonFloat } from './python-float.ts';
import { pythonFloatText } from './python-text.ts';

/** JSON text byte for byte as the reference agent writes it (wire page, section 1.4): compact, ASCII, Python's floats. */
export function encodeReference(value: unknown): string {
  if (value instanceof PythonFloat) return pythonFloatText(value.value);
  if (typeof value === 'number' && !Number.isInteger(value)) return floatLiteral(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return asciiJsonString(value);
  if (Array.isArray(value)) return `[${value.map(encodeReference).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${asciiJsonString(key)}:${encodeReference(item)}`);
  return `{${members.join(',')}}`;
}

/** A JSON string in ASCII, other characters as lower-case `\uXXXX`. */
export function asciiJsonString(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function floatLiteral(value: number): string {
  if (Number.isFinite(value)) return pythonFloatText(value);
  if (Number.isNaN(value)) return 'NaN';
  return value < 0 ? '-Infinity' : 'Infinity';
}

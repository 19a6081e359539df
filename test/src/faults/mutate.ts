import type { Random } from './random.ts';

const TOKENS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u0000',
  '\\ud800',
  '\\udc00\\ud800',
  '\\x',
  '__proto__',
  'constructor',
  'null',
  'true',
  'false',
  'tru',
  'NaN',
  'Infinity',
  '1e999',
  '-0',
  '01',
  '1.',
  '.5',
  '1e',
  '-',
  '9007199254740993',
  '0.1e-400',
  '\u0000',
  '\u2028',
  '\ufeff',
  '\u00e9',
  '\ud83d\ude00',
  '  ',
  '\t',
  '\n',
  '\r',
  '"v":1',
  '"v":true',
  '"v":1.0',
  '"ts":1',
  '2026-02-30T00:00:00Z',
  '2026-03-04T05:06:07',
  '2026-03-04T25:06:07.5+25:00',
  '"payload":[]',
  '"type":"x"',
  '"id":""',
  '"agent_id":null',
  '"params":null',
] as const;
const VALUES = [
  '[]',
  '{}',
  '1e999',
  `[${'1,'.repeat(25_000)}1]`,
  `{${Array.from({ length: 1_100 }, (_, at) => `"k${at}":1`).join(',')}}`,
  ...[
    '2026-03-04T05:06:07-01:30',
    '2026-03-04T05:06:07+05:30:15.5',
    '2026-03-04T24:00:60Z',
    '2026-03-04T05:06:07.5+23:59',
    '2026-W10-3T05Z',
  ]
    .concat(['2026-03-04T05:06:07+00:00', '20260304T050607Z', '2026-03-04T05:06:07.1234567Z'])
    .map((text) => `"${text}"`),
] as const;
const MOST_CHANGES = 4;

/** A frame with up to four changes: text put in, cut out, doubled, swapped, repeated deep, or bytes that are no text. */
export function mutate(frame: string, random: Random): string | Buffer {
  let text = frame;
  for (let left = random.between(1, MOST_CHANGES); left > 0; left -= 1) text = changed(text, random);
  return random.chance(0.1) ? asBytes(text, random) : text;
}

function changed(text: string, random: Random): string {
  const at = random.between(0, text.length);
  const upTo = Math.min(text.length, at + random.between(0, 12));
  switch (random.between(0, 7)) {
    case 0:
      return text.slice(0, at) + random.pick(TOKENS) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(upTo);
    case 2:
      return text.slice(0, at) + random.pick(TOKENS) + text.slice(upTo);
    case 3:
      return text.slice(0, upTo) + text.slice(at);
    case 4:
      return text.slice(0, at) + String.fromCharCode(random.between(0, 0xffff)) + text.slice(at + 1);
    case 5:
      return member(text, random);
    case 6:
      return text.slice(0, at);
    default:
      return text.slice(0, at) + random.pick(['[', '{"a":', '1,', '"k":1,']).repeat(random.between(1, 50)) + text.slice(at);
  }
}

/** One member said twice, gone, or with another's value. */
function member(text: string, random: Random): string {
  const members = [...text.matchAll(/"[a-z_]+":(?:"[^"]*"|[0-9.]+|null|true|false)/gu)].map(([found]) => found);
  if (members.length === 0) return text;
  const one = random.pick(members);
  const other = random.pick(members);
  const [name = ''] = one.split(':');
  const value = other.slice(other.indexOf(':') + 1);
  return text.replace(one, () =>
    random.pick([
      `${one},${one}`,
      '',
      `${name}:${value}`,
      other,
      `${name}:${random.pick(VALUES)}`,
      `"ts":${random.pick(VALUES)}`,
    ]),
  );
}

function asBytes(text: string, random: Random): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > 0 && random.chance(0.5)) bytes[random.between(0, bytes.length - 1)] = random.between(0x80, 0xff);
  return bytes;
}

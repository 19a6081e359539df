/** Every input is one mebibyte, give or take the last repetition. */
export const INPUT_BYTES = 1024 * 1024;

const TS = '2026-03-04T05:06:07.089000Z';

/** Inputs made to be slow, by name: texts, and bytes where no text could be. */
export function uglyInputs() {
  return new Map([
    ['open brackets', '['.repeat(INPUT_BYTES)],
    ['nested arrays to the depth limit', inPayload(filled('[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]'))],
    ['nested objects', '{"a":'.repeat(INPUT_BYTES / 5)],
    ['500,000 one-letter keys', wrapped(`{${items(500_000, () => '"a":1')}`)],
    ['distinct keys in one object', wrapped(`{${items(80_000, (index) => `"k${index}":1`)}`)],
    ['distinct keys, 999 an object', inPayload(objects(999, (index) => `"k${index}":1`))],
    ['distinct keys, 9,999 an object', inPayload(objects(9_999, (index) => `"k${index}":1`))],
    ['integer keys, descending', inPayload(objects(9_999, (index) => `"${4_294_967_294 - index * 7}":1`))],
    ['keys with an escape', inPayload(objects(9_999, (index) => `"\\u006b${index}":1`))],
    ['duplicate keys', inPayload(objects(9_999, () => '"same":1'))],
    ['empty objects', inPayload(filled('{}'))],
    ['one-digit numbers', inPayload(filled('1'))],
    ['numbers of 17 digits', inPayload(filled('-1.2345678901234567e-300'))],
    ['numbers of 800 digits', inPayload(filled(`0.${'9'.repeat(800)}`))],
    ['one number of a million digits', `{"v":${'9'.repeat(INPUT_BYTES)}`],
    ['one exponent of a million digits', `{"v":1e-${'0'.repeat(INPUT_BYTES)}`],
    ['one long string', inPayload(`"${'x'.repeat(INPUT_BYTES)}"`)],
    ['one long string of \\n', inPayload(`"${'\\n'.repeat(INPUT_BYTES / 2)}"`)],
    ['one long string of \\u0041', inPayload(`"${'\\u0041'.repeat(INPUT_BYTES / 6)}"`)],
    ['one long string of escaped pairs', inPayload(`"${'\\ud83d\\ude00'.repeat(INPUT_BYTES / 12)}"`)],
    ['a lone surrogate at the end', inPayload(`"${'\\u0041'.repeat(INPUT_BYTES / 6)}\\ud800"`)],
    ['a broken escape at the end', inPayload(`"${'\\u0041'.repeat(INPUT_BYTES / 6)}\\x"`)],
    ['an unclosed string', `{"v":"${'x'.repeat(INPUT_BYTES)}`],
    ['strings of one escape', inPayload(filled('"\\n"'))],
    ['strings of one letter', inPayload(filled('"x"'))],
    ['strings of four bytes', inPayload(filled('"😀"'))],
    ['one long key', wrapped(`{"${'k'.repeat(INPUT_BYTES)}":1`)],
    ['one long key of escapes', wrapped(`{"${'\\u006b'.repeat(INPUT_BYTES / 6)}":1`)],
    ['white space', `{${' \n\t\r'.repeat(INPUT_BYTES / 4)}`],
    ['white space between items', inPayload(filled(`1${' '.repeat(60)}`))],
    ['words', inPayload(filled('false'))],
    ['a long id', envelope({ id: 'i'.repeat(INPUT_BYTES) })],
    ['a long ts', envelope({ ts: '2026-03-04T05:06:07.'.padEnd(INPUT_BYTES, '0') })],
    ['a long ts of spaces', envelope({ ts: ' '.repeat(INPUT_BYTES) })],
    ['a long agent_id', envelope({ agent_id: 'a'.repeat(INPUT_BYTES) })],
    ['a long type', envelope({ type: 't'.repeat(INPUT_BYTES) })],
    ['a long output', envelope({ type: 'command.result', payload: { stdout: 'line\n'.repeat(INPUT_BYTES / 6) } })],
    ['a deep mix', inPayload(mixed(INPUT_BYTES))],
    [
      'bytes: invalid UTF-8 at the end',
      Buffer.concat([Buffer.from(inPayload(`"${'é'.repeat(INPUT_BYTES / 2)}"`)), Buffer.from([0xff])]),
    ],
    ['bytes: text of three bytes a letter', Buffer.from(inPayload(`"${'€'.repeat(INPUT_BYTES / 3)}"`))],
    ['bytes: noise', Buffer.from(Array.from({ length: INPUT_BYTES }, pseudoRandom(3)).map((share) => share * 256))],
  ]);
}

function envelope(fields) {
  return JSON.stringify({ v: 1, type: 'heartbeat', id: 'bench', ts: TS, agent_id: 'bench-1', payload: {}, ...fields });
}

/** The value comes before what the envelope needs, so that it is read whole before anything can be refused. */
function inPayload(value) {
  return `{"payload":{"x":${value}},"v":1,"type":"heartbeat","id":"bench","ts":"${TS}","agent_id":"bench-1"}`;
}

function wrapped(unclosed) {
  return `{"payload":${unclosed}},"v":1}`;
}

function filled(item) {
  return `[${items(Math.floor(INPUT_BYTES / (item.length + 1)), () => item)}]`;
}

function items(count, item) {
  return Array.from({ length: count }, (_, index) => item(index)).join(',');
}

function objects(keys, member) {
  const one = `{${items(keys, member)}}`;
  return `[${items(Math.ceil(INPUT_BYTES / one.length), () => one)}]`;
}

function mixed(bytes) {
  const random = pseudoRandom(7);
  const parts = [];
  for (let size = 0; size < bytes; size += parts.at(-1).length + 1) parts.push(mixedValue(random, 1));
  return `[${parts.join(',')}]`;
}

function mixedValue(random, depth) {
  const kind = Math.floor(random() * (depth > 24 ? 4 : 6));
  if (kind === 0) return String(random() * 1e9);
  if (kind === 1) return ['true', 'false', 'null'][Math.floor(random() * 3)];
  if (kind === 2) return JSON.stringify(`"\\\n${'é'.repeat(random() * 20)}`);
  if (kind === 3) return `"${'x'.repeat(random() * 60)}"`;
  const count = Math.floor(random() * 4);
  const nested = () => mixedValue(random, depth + 1);
  return kind === 4 ? `[${items(count, nested)}]` : `{${items(count, (index) => `"k${index}":${nested()}`)}}`;
}

/** Numbers in [0, 1), the same in every run (a linear congruential generator). */
function pseudoRandom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

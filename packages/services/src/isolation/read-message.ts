/** Plain data by name: the arguments of a call. */
export type Args = Readonly<Record<string, unknown>>;

/** One message: a call and its answer by id, a note that has none, the abort of a call. */
export type Message =
  | { readonly call: number; readonly name: string; readonly args: Args }
  | { readonly note: string; readonly args: Args }
  | { readonly answer: number; readonly value?: unknown; readonly error?: unknown }
  | { readonly abort: number; readonly why: string };

/** Deeper than what any plugin has to tell, and than what every reader of it can walk: JSON itself is written by recursion. */
const MAX_DEPTH = 100;
const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** As it stands, or with a letter of it escaped. */
const MAY_NAME_PROTO = /__proto__|\\u00(?:5f|7[0-4]|6f)/iu;

/** Undefined for what is no message. A key `__proto__` is left out, wherever it stands. */
export function readMessage(frame: string): Message | undefined {
  if (frame.length > 2 * MAX_DEPTH && isTooDeep(frame)) return undefined;
  let value: unknown;
  try {
    value = MAY_NAME_PROTO.test(frame) ? JSON.parse(frame, withoutProto) : JSON.parse(frame);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { call, name, note, args, answer, abort, why } = value;
  if (isId(answer)) return value as unknown as Message;
  if (isId(call) && typeof name === 'string' && isRecord(args)) return { call, name, args };
  if (typeof note === 'string' && isRecord(args)) return { note, args };
  if (isId(abort) && typeof why === 'string') return { abort, why };
  return undefined;
}

/** Brackets in texts are no depth. */
function isTooDeep(frame: string): boolean {
  let [depth, inText] = [0, false];
  for (let at = 0; at < frame.length; at += 1) {
    const char = frame.charCodeAt(at);
    if (inText) {
      if (char === BACKSLASH) at += 1;
      else inText = char !== QUOTE;
    } else if (char === QUOTE) inText = true;
    else if (char === OPEN_LIST || char === OPEN_OBJECT) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (char === CLOSE_LIST || char === CLOSE_OBJECT) depth -= 1;
  }
  return false;
}

const isId = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);
const isRecord = (value: unknown): value is Args => typeof value === 'object' && value !== null && !Array.isArray(value);

function withoutProto(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

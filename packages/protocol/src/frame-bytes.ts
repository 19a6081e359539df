import { ProtocolError } from './protocol-error.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of a binary frame: UTF-8 without errors. A byte order mark stays in the text, where the JSON reader refuses it. */
export function readStrictUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw new ProtocolError('not_utf8', 'the frame is not UTF-8', { cause: error });
  }
}

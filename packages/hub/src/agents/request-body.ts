import type { IncomingMessage } from 'node:http';
import { HubError, messageOf } from '../errors.ts';
import { asRecord } from '../state/record.ts';

const MAX_BODY_BYTES = 16 * 1024;

/** The body of a request of the agents' port. Throws HubError E_TOO_LARGE. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const tooLarge = new HubError('E_TOO_LARGE', 413, 'the body is larger than 16 KiB');
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  // The stream stays open after a refusal, or the answer would never reach the peer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The fields of a JSON body; none of what is no object. Throws HubError `code`. */
export function bodyFields(body: string, code: `E_${string}`): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(body) as unknown);
  } catch (error) {
    throw new HubError(code, 400, `the body is no JSON (${messageOf(error)})`);
  }
}

import type { CommandOutputPayload } from '@stormpulse/protocol';
import type { Changes } from '../state/changes.ts';
import type { Stores } from '../storage/stores.ts';

/** What a command has written so far, with a line where something is missing. */
export interface OutputSoFar {
  readonly stdout: string;
  readonly stderr: string;
}

/** The output of commands that have no result yet (feature `command.output`); in memory only, for the result has all of it. */
export interface LiveOutput {
  /** False: this agent was not asked for that request, or has answered it; the piece is dropped. */
  take(agentId: string, piece: CommandOutputPayload): boolean;
  of(requestId: string): OutputSoFar | undefined;
  forget(requestId: string): void;
}

interface Entry {
  readonly runId: string;
  readonly agentId: string;
  readonly stdout: Stream;
  readonly stderr: Stream;
}

interface Stream {
  text: string;
  /** Bytes of the agent's stream that were told, or skipped. */
  readBytes: number;
  full: boolean;
}

/** An agent tells 256 KiB of a stream (SEC-122); one that tells more is not followed. */
const MAX_STREAM_CHARS = 300 * 1024;
/** Of all commands; beyond it the oldest goes. */
const MAX_TOTAL_CHARS = 64 * 1024 * 1024;
const FULL = '\n[… the agent tells more than it should; the rest is in the result …]\n';
const OPEN: ReadonlySet<string> = new Set(['sent', 'running', 'unknown']);

export function createLiveOutput({ stores, changes }: { readonly stores: Stores; readonly changes: Changes }): LiveOutput {
  const entries = new Map<string, Entry>();
  let totalChars = 0;

  /** The entry of an open request of this agent, made with its first piece. */
  function entryOf(agentId: string, requestId: string): Entry | undefined {
    const known = entries.get(requestId);
    if (known !== undefined) return known.agentId === agentId ? known : undefined;
    const target = stores.runs.byRequestId(requestId);
    if (target?.agentId !== agentId || !OPEN.has(target.state)) return undefined;
    const entry = { runId: target.runId, agentId, stdout: newStream(), stderr: newStream() };
    entries.set(requestId, entry);
    changes.publish({ kind: 'run', runId: target.runId });
    return entry;
  }

  function forget(requestId: string): void {
    const entry = entries.get(requestId);
    if (entry === undefined) return;
    totalChars -= entry.stdout.text.length + entry.stderr.text.length;
    entries.delete(requestId);
  }

  return {
    forget,
    of: (requestId) => {
      const entry = entries.get(requestId);
      return entry === undefined ? undefined : { stdout: entry.stdout.text, stderr: entry.stderr.text };
    },
    take(agentId, piece) {
      const entry = entryOf(agentId, piece.request_id);
      if (entry === undefined) return false;
      const stream = entry[piece.stream];
      const text = freshText(stream, piece);
      if (text === '') return true;
      const at = stream.text.length;
      stream.text += text;
      totalChars += text.length;
      changes.publish({ kind: 'output', runId: entry.runId, agentId, stream: piece.stream, at, text });
      while (totalChars > MAX_TOTAL_CHARS) {
        const [oldest = ''] = entries.keys();
        forget(oldest);
      }
      return true;
    },
  };
}

function newStream(): Stream {
  return { text: '', readBytes: 0, full: false };
}

/** What of a piece is new: one that is sent again after a reconnect is not, and what lies between is told as missing. */
function freshText(stream: Stream, { offset, text }: CommandOutputPayload): string {
  if (stream.full) return '';
  const bytes = Buffer.from(text);
  const missing = offset - stream.readBytes;
  if (-missing >= bytes.length) return '';
  stream.readBytes = offset + bytes.length;
  const fresh = missing > 0 ? `\n[… ${missing} bytes left out here …]\n${text}` : bytes.toString('utf8', -missing);
  stream.full = stream.text.length + fresh.length > MAX_STREAM_CHARS;
  return stream.full ? FULL : fresh;
}

import { Check } from '@sinclair/typebox/value';
import type { Clock, LiveOutput, OutputSink, ProcessRequest } from '@stormpulse/kernel';
import { PAYLOAD_SCHEMAS } from '@stormpulse/protocol';
import type { Payloads } from '@stormpulse/protocol';
import { OutputText } from './output-text.ts';

type Message = Payloads['command.output'];
type Stream = Message['stream'];
type Send = Parameters<LiveOutput['attach']>[0];
type Told = NonNullable<ProcessRequest['live']>;

/** SEC-122: as much as the result keeps of a stream. */
const MAX_STREAM_BYTES = 256 * 1024;
/** Not acknowledged, of all commands; what comes beyond it is dropped, and the next offset tells how much. */
const MAX_KEPT_BYTES = 256 * 1024;
/** Sent and not acknowledged: all that a result or a heartbeat may find before it on the way (SEC-228). */
const MAX_IN_FLIGHT_BYTES = 64 * 1024;
const MAX_PIECE_BYTES = 16 * 1024;
/** What a piece costs beside its text. */
const PIECE_COSTS_BYTES = 256;
/** The first piece goes at once; what follows within this is joined. */
const JOIN_MS = 50;
const MORE = '\n[… the rest is in the result …]\n';

const NOTHING: OutputSink = { write: () => undefined, end: () => undefined };

interface Piece {
  readonly message: Message;
  readonly size: number;
  /** The connection it was sent on last; 0: none. */
  sentOn: number;
  /** Its command has ended: it is not sent again. */
  over: boolean;
}

/** The pieces that the hub has not acknowledged, in order, across connections. */
class RunningOutput implements LiveOutput {
  readonly #clock: Pick<Clock, 'after'>;
  #pieces: Piece[] = [];
  #keptBytes = 0;
  #inFlightBytes = 0;
  #connection = 0;
  #send: Send | undefined;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  open(command: Told): OutputSink {
    // A hub that never named the feature costs nothing.
    return this.#connection === 0 ? NOTHING : new CommandOutput(command, this.#clock, this);
  }

  attach(send: Send): void {
    this.#remove(({ over }) => over);
    this.#connection += 1;
    this.#inFlightBytes = 0;
    this.#send = send;
    this.#pump();
  }

  detach(): void {
    this.#send = undefined;
  }

  acknowledge(ack: unknown): void {
    if (!Check(PAYLOAD_SCHEMAS['command.output.ack'], ack)) return;
    this.#remove(
      ({ message, sentOn }) => sentOn === this.#connection && message.request_id === ack.request_id && message.seq <= ack.seq,
    );
    this.#pump();
  }

  /** Whether there is room for it. */
  add(message: Message): boolean {
    const size = Buffer.byteLength(message.text) + PIECE_COSTS_BYTES;
    if (this.#keptBytes + size > MAX_KEPT_BYTES) return false;
    this.#pieces.push({ message, size, sentOn: 0, over: false });
    this.#keptBytes += size;
    this.#pump();
    return true;
  }

  forget(requestId: string): void {
    this.#remove(({ message, sentOn }) => message.request_id === requestId && sentOn !== this.#connection);
    // What is on the way stays counted, or many short commands would fill it.
    for (const piece of this.#pieces) if (piece.message.request_id === requestId) piece.over = true;
    this.#pump();
  }

  #remove(gone: (piece: Piece) => boolean): void {
    this.#pieces = this.#pieces.filter((piece) => {
      if (!gone(piece)) return true;
      this.#keptBytes -= piece.size;
      if (piece.sentOn === this.#connection) this.#inFlightBytes -= piece.size;
      return false;
    });
  }

  #pump(): void {
    for (const piece of this.#pieces) {
      const { sentOn, size } = piece;
      if (sentOn === this.#connection) continue;
      if (this.#send === undefined || this.#inFlightBytes + size > MAX_IN_FLIGHT_BYTES) return;
      // Before it goes: its acknowledgement may come at once.
      piece.sentOn = this.#connection;
      this.#inFlightBytes += size;
      if (this.#send(piece.message)) continue;
      piece.sentOn = sentOn;
      this.#inFlightBytes -= size;
      return;
    }
  }
}

/** One stream of one command. */
interface Lane {
  readonly text: OutputText;
  /** Bytes that were told or dropped. */
  offset: number;
  waiting: string;
  waitingBytes: number;
  full: boolean;
  cancelJoin: (() => void) | undefined;
}

/** What one command writes, cut into pieces. */
class CommandOutput implements OutputSink {
  readonly #requestId: string;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #pieces: Pick<RunningOutput, 'add' | 'forget'>;
  readonly #lanes: Readonly<Record<Stream, Lane>>;
  #seq = 0;
  #ended = false;

  constructor({ requestId, secrets }: Told, clock: Pick<Clock, 'after'>, pieces: Pick<RunningOutput, 'add' | 'forget'>) {
    this.#requestId = requestId;
    this.#clock = clock;
    this.#pieces = pieces;
    this.#lanes = { stdout: newLane(secrets), stderr: newLane(secrets) };
  }

  write(stream: Stream, chunk: Uint8Array): void {
    const lane = this.#lanes[stream];
    if (lane.full || this.#ended) return;
    const text = lane.text.push(chunk);
    const kept = firstBytes(text, MAX_STREAM_BYTES - lane.offset - lane.waitingBytes);
    lane.full = kept.length < text.length;
    lane.waiting += lane.full ? kept + MORE : kept;
    lane.waitingBytes += Buffer.byteLength(kept);
    if (lane.cancelJoin === undefined) this.#flush(stream, lane);
  }

  end(): void {
    this.#ended = true;
    for (const { cancelJoin } of Object.values(this.#lanes)) cancelJoin?.();
    this.#pieces.forget(this.#requestId);
  }

  #flush(stream: Stream, lane: Lane): void {
    lane.cancelJoin = undefined;
    if (lane.waiting === '') return;
    let rest = lane.waiting;
    lane.waiting = '';
    lane.waitingBytes = 0;
    while (rest !== '') {
      const text = firstBytes(rest, MAX_PIECE_BYTES);
      rest = rest.slice(text.length);
      const message = { request_id: this.#requestId, stream, offset: lane.offset, text, seq: this.#seq };
      if (this.#pieces.add(message)) this.#seq += 1;
      lane.offset += Buffer.byteLength(text);
    }
    lane.cancelJoin = this.#clock.after(JOIN_MS, () => this.#flush(stream, lane));
  }
}

function newLane(secrets: readonly string[]): Lane {
  return { text: new OutputText(secrets), offset: 0, waiting: '', waitingBytes: 0, full: false, cancelJoin: undefined };
}

/** At most so many bytes of UTF-8, no character cut. */
function firstBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const bytes = Buffer.from(text);
  let end = most;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

export function createLiveOutput(options: { readonly clock: Pick<Clock, 'after'> }): LiveOutput {
  return new RunningOutput(options.clock);
}

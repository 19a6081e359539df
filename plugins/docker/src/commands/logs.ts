import { Type, handler } from '@stormpulse/sdk';
import type { Command } from '@stormpulse/sdk';
import type { Engine } from '../engine/engine.ts';
import { asCommand } from '../engine/failure.ts';
import { LastText } from '../engine/last-text.ts';
import { framedStream, rawStream } from '../engine/log-frames.ts';
import type { StreamName } from '../engine/log-frames.ts';
import { ContainerParam, TailParam, containerPath } from './params.ts';

/** Below what a result may hold. */
const MAX_RESULT_BYTES = 200 * 1024;
const LONGEST_FOLLOW_SECONDS = 600;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

const Inspected = Type.Object({ Config: Type.Object({ Tty: Type.Boolean({ default: false }) }) });

const SinceParam = Type.Optional(
  Type.String({
    pattern: '^[1-9][0-9]{0,4}[smhd]$',
    maxLength: 6,
    description: 'Not older than this, such as 15m. Default: whatever tail gives.',
    examples: ['15m'],
  }),
);

interface Wanted {
  readonly container: string;
  readonly tail: number;
  readonly since?: string | undefined;
  readonly follow: boolean;
}

type OnBytes = (stream: StreamName, bytes: Uint8Array) => void;

/** What containers write: the last of it, or as it comes. */
export function logCommands(engine: Engine): readonly Command[] {
  const last = handler({
    id: 'container_logs',
    title: 'Show container logs',
    effect: 'read',
    timeout: '30s',
    params: Type.Object({ container: ContainerParam, tail: TailParam, since: SinceParam }),
    result: Type.String(),
    run: ({ params, signal }) =>
      asCommand(async () => {
        const kept = new LastText(MAX_RESULT_BYTES);
        await readLogs(engine, { ...params, follow: false }, (_, bytes) => kept.push(bytes), signal);
        return kept.text();
      }),
  });
  const follow = handler({
    id: 'container_follow',
    title: 'Follow container logs',
    description: 'Told as it is written; ends with the container, after the seconds given, or when it is cancelled.',
    effect: 'read',
    timeout: (LONGEST_FOLLOW_SECONDS + 30) * 1_000,
    // Each takes a place among the commands that run.
    concurrency: 2,
    params: Type.Object({
      container: ContainerParam,
      tail: TailParam,
      since: SinceParam,
      seconds: Type.Integer({ minimum: 1, maximum: LONGEST_FOLLOW_SECONDS, default: 60, description: 'For how long.' }),
    }),
    result: Type.String(),
    run: ({ params, signal, output }) =>
      asCommand(async () => {
        const kept = new LastText(MAX_RESULT_BYTES);
        const over = AbortSignal.timeout(params.seconds * 1_000);
        const onBytes: OnBytes = (stream, bytes) => {
          kept.push(bytes);
          output(bytes, stream);
        };
        try {
          await readLogs(engine, { ...params, follow: true }, onBytes, AbortSignal.any([signal, over]));
        } catch (error) {
          if (!over.aborted || signal.aborted) throw error;
        }
        return kept.text();
      }),
  });
  return [last, follow];
}

async function readLogs(engine: Engine, wanted: Wanted, onBytes: OnBytes, signal: AbortSignal): Promise<void> {
  const { container, tail, since, follow } = wanted;
  const path = containerPath(container);
  const { Config } = await engine.json({ path: `${path}/json`, signal }, Inspected);
  const query = new URLSearchParams({ stdout: '1', stderr: '1', tail: String(tail), follow: follow ? '1' : '0' });
  if (since !== undefined) query.set('since', String(Math.floor(Date.now() / 1_000) - secondsOf(since)));
  const streams = Config.Tty ? rawStream(onBytes) : framedStream(onBytes);
  await engine.stream({ path: `${path}/logs?${query.toString()}`, signal }, (piece) => streams.push(piece));
  streams.end();
}

function secondsOf(since: string): number {
  return Number(since.slice(0, -1)) * (UNIT_SECONDS[since.slice(-1)] ?? 1);
}

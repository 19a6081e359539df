import { CommandFailed, Type, handler } from '@stormpulse/sdk';
import type { Call, Command } from '@stormpulse/sdk';
import type { DockerSection } from '../config.ts';
import type { Engine } from '../engine/engine.ts';
import { asCommand } from '../engine/failure.ts';
import { LastText } from '../engine/last-text.ts';
import { framedStream } from '../engine/log-frames.ts';
import { containerPath } from './params.ts';

const MAX_RESULT_BYTES = 200 * 1024;
/** Of what it wrote, told with a failure. */
const MAX_TOLD_CHARS = 400;

const Created = Type.Object({ Id: Type.String({ pattern: '^[0-9a-f]{1,128}$' }) });
const Ended = Type.Object({ ExitCode: Type.Union([Type.Integer(), Type.Null()]) });

type Listed = DockerSection['exec'][string];

/** One command for each `[docker.exec.<name>]`, so that the hub, a policy and the audit log name it; it takes no parameter. */
export function execCommands(engine: Engine, listed: DockerSection['exec']): readonly Command[] {
  return Object.entries(listed).map(([name, entry]) =>
    handler({
      id: `exec_${name}`,
      title: `Run ${name} in ${entry.container}`,
      ...(entry.description === '' ? {} : { description: entry.description }),
      effect: entry.effect,
      timeout: entry.timeout,
      params: Type.Object({}),
      result: Type.String(),
      run: (call) => asCommand(() => execute(engine, entry, call)),
    }),
  );
}

async function execute(
  engine: Engine,
  entry: Listed,
  { signal, output }: Pick<Call<unknown>, 'signal' | 'output'>,
): Promise<string> {
  const { container, command, user, workdir } = entry;
  const body = {
    Cmd: command,
    AttachStdout: true,
    AttachStderr: true,
    ...(user === undefined ? {} : { User: user }),
    ...(workdir === undefined ? {} : { WorkingDir: workdir }),
  };
  const { Id } = await engine.json({ method: 'POST', path: `${containerPath(container)}/exec`, body, signal }, Created);
  const kept = new LastText(MAX_RESULT_BYTES);
  const streams = framedStream((stream, bytes) => {
    kept.push(bytes);
    output(bytes, stream);
  });
  const start = { method: 'POST', path: `/exec/${Id}/start`, body: { Detach: false, Tty: false }, signal } as const;
  await engine.stream(start, (piece) => streams.push(piece));
  streams.end();
  const { ExitCode } = await engine.json({ path: `/exec/${Id}/json`, signal }, Ended);
  if (ExitCode !== 0)
    throw CommandFailed({ reason: 'exit_code', message: `exit ${ExitCode ?? 'unknown'}: ${kept.text().slice(-MAX_TOLD_CHARS)}` });
  return kept.text();
}

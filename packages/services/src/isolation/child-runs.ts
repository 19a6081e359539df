import { Check } from '@sinclair/typebox/value';
import { CommandFailed } from '@stormpulse/plugin-api';
import type { JobCall, ParamValue, TSchema } from '@stormpulse/plugin-api';
import { closed, typedParams } from '@stormpulse/plugin-api/internal';
import type { CommandDefinition, Contributions, JobMode } from '@stormpulse/plugin-api/internal';
import { text } from './args.ts';
import { childExec, childLogger } from './child-members.ts';
import type { Args, Rpc, Running } from './rpc.ts';

type Params = Readonly<Record<string, ParamValue>>;
type Callable = Extract<CommandDefinition['mode'], { readonly kind: 'handler' | 'job' }>;

/** One run of a handler or a job, and what the agent will ask of its result. */
export async function runCall(declared: Contributions, args: Args, running: Running, rpc: Rpc): Promise<object> {
  const definition = find(declared, args['command']);
  const { mode } = definition;
  if (mode.kind === 'subprocess') throw new Error('the agent runs this command itself');
  const { run, requestId, resumedFrom } = args;
  const plain = args['params'] as Params;
  const call: JobCall<Readonly<Record<string, unknown>>, unknown> = {
    params: typedParams(definition.params, plain),
    requestId: String(requestId),
    get signal() {
      return running.signal;
    },
    log: childLogger(rpc),
    exec: (file, argv, options) => childExec(rpc, running.signal)(file, argv, options),
    output: (told, stream = 'stdout') =>
      rpc.note('output', { run, stream, bytes: Buffer.from(told as string).toString('base64') }),
    progress: (update) => rpc.note('progress', { run, update }),
    checkpoint: async (value) => {
      await rpc.call('checkpoint', { run, value });
    },
    resumedFrom,
  };
  const value = await mode.run(call);
  checkResult(mode, value);
  if (mode.kind === 'handler') return { value };
  return { value, ...narrowed(mode, plain), ...(mode.extras === undefined ? {} : { extras: mode.extras(value) }) };
}

/** Throws what `serializeBy` throws. */
export function keyOf(declared: Contributions, args: Args): string {
  const { serializeBy, params } = find(declared, args['command']);
  if (serializeBy === undefined) throw new Error('this command has no key');
  return serializeBy(typedParams(params, args['params'] as Params));
}

function narrowed({ rereads }: JobMode, params: Params): object {
  if (rereads.every(({ only }) => only === undefined)) return {};
  return { rereads: rereads.map(({ only }) => only?.(params) ?? null) };
}

const closedOnce = new WeakMap<Callable, TSchema>();

/** In the kernel's words: this side has the whole schema. */
function checkResult(mode: Callable, value: unknown): void {
  const schema = closedOnce.get(mode) ?? closed(mode.result);
  closedOnce.set(mode, schema);
  if (!Check(schema, value))
    throw CommandFailed({ reason: 'os_error', message: 'the plugin returned something its result schema does not allow' });
}

function find({ commands }: Contributions, id: unknown): CommandDefinition {
  const wanted = text(id, 'command');
  const found = commands.find((one) => one.id === wanted);
  if (found === undefined) throw new Error(`it has no command "${wanted}"`);
  return found;
}

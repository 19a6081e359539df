import { CommandFailed, Type, handler, isAgentError } from '@stormpulse/sdk';
import type { Call, Command, Infer } from '@stormpulse/sdk';
import type { ComposeEnvironment } from '../compose-program.ts';
import { shown } from '../shown-text.ts';
import { DOCKER, composeArgv } from './compose.ts';
import type { ComposeFiles } from './compose.ts';

const TIMEOUT_MS = 15_000;
/** What a result has room for. */
const MAX_LISTED = 500;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/** Of a line that is no container, in the agent's log (as v1 tells it). */
const MAX_TOLD_CHARS = 80;

const Listed = Type.Object({
  name: Type.String(),
  service: Type.String(),
  image: Type.String({ description: 'unknown before compose 2.21, which does not tell it.' }),
  state: Type.String(),
  health: Type.String({ description: 'Empty without a health check.' }),
  exit_code: Type.Number(),
});
const Answer = Type.Object({
  total: Type.Integer(),
  left_out: Type.Integer(),
  unread_lines: Type.Integer({ description: 'Lines that are no container; the agent’s log has their beginning.' }),
  containers: Type.Array(Listed),
});

type Fields = Readonly<Record<string, unknown>>;

/** `docker compose ps` of one project, running containers or not. Their labels are not told: they may hold anything. */
export function composePsCommand(name: string, files: ComposeFiles, environment: ComposeEnvironment): Command {
  return handler({
    id: `compose_${name}_ps`,
    title: `List the containers of ${name}`,
    effect: 'read',
    timeout: '20s',
    params: Type.Object({}),
    result: Answer,
    run: async (call) => {
      const { containers, unread } = readComposePs(await ask(files, environment, call));
      for (const line of unread) call.log.warn(`compose ps: no container: ${shown(line, MAX_TOLD_CHARS)}`);
      const told = containers.slice(0, MAX_LISTED);
      return {
        total: containers.length,
        left_out: containers.length - told.length,
        unread_lines: unread.length,
        containers: told.map(toListed),
      };
    },
  });
}

async function ask(
  files: ComposeFiles,
  environment: ComposeEnvironment,
  { exec, signal }: Pick<Call<unknown>, 'exec' | 'signal'>,
): Promise<string> {
  const argv = composeArgv(files, 'ps', '--all', '--format', 'json');
  const options = { env: environment, signal, timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_OUTPUT_BYTES };
  const { stdout, truncated } = await exec(DOCKER, argv, options).catch((error: unknown) => {
    if (!isAgentError(error) || error.code !== 'E_EXEC_FAILED') throw error;
    throw CommandFailed({ reason: 'exit_code', message: error.message }, { cause: error });
  });
  if (truncated)
    throw CommandFailed({
      reason: 'output_too_large',
      message: `compose listed more than ${MAX_OUTPUT_BYTES} bytes of containers; docker_list shows the first of them`,
    });
  return stdout;
}

/** One JSON array (before compose 2.21), or an object a line; what is neither is given back as it was. */
function readComposePs(text: string): { readonly containers: readonly Fields[]; readonly unread: readonly string[] } {
  const whole = parsed(text);
  if (Array.isArray(whole))
    return { containers: whole.filter(isFields), unread: whole.filter((one) => !isFields(one)).map(String) };
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const read = lines.map((line) => ({ line, value: parsed(line) }));
  return {
    containers: read.map(({ value }) => value).filter(isFields),
    unread: read.filter(({ value }) => !isFields(value)).map(({ line }) => line),
  };
}

function toListed(fields: Fields): Infer<typeof Listed> {
  const { ExitCode } = fields;
  return {
    name: textOf(fields, 'Name', 'unknown'),
    service: textOf(fields, 'Service', ''),
    image: textOf(fields, 'Image', 'unknown'),
    state: textOf(fields, 'State', 'unknown'),
    health: textOf(fields, 'Health', ''),
    exit_code: typeof ExitCode === 'number' ? ExitCode : 0,
  };
}

function textOf(fields: Fields, key: string, otherwise: string): string {
  const value = fields[key];
  return typeof value === 'string' ? shown(value) : otherwise;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

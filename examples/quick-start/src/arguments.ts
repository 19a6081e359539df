import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Arguments {
  readonly once: boolean;
  readonly help: boolean;
  /** Undefined with `--once` alone: a temporary folder then, removed after the pass. */
  readonly state: string | undefined;
  /** 0 lets the system choose: the default of `--once`, which must not meet a running `npm start`. */
  readonly agentsPort: number;
  readonly peoplePort: number;
  readonly agent: string | undefined;
}

export const HELP = `npm start                       a hub and an agent on this machine, until Ctrl-C
npm start -- --once             the whole pass, unattended; exit 0 only if every step held

  --state DIR         where they keep what they know     (default: .stormpulse in this folder;
                                                          with --once a temporary folder, removed at the end)
  --agents-port N     the hub's port for agents, mTLS    (default: 8443; with --once any free one)
  --people-port N     the hub's port for people          (default: 8080; with --once any free one)
  --agent FILE        run another agent program in place of ours, to see what it lets through
  --help              this text
`;

const OPTIONS = {
  once: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  state: { type: 'string' },
  'agents-port': { type: 'string' },
  'people-port': { type: 'string' },
  agent: { type: 'string' },
} as const;

/** Reads the command line. Throws a sentence a person can act on. */
export function readArguments(args: readonly string[]): Arguments {
  const values = parse(args);
  const { once, help } = values;
  const chosen = {
    once,
    help,
    state: folder(values.state, '--state') ?? (once ? undefined : join(process.cwd(), '.stormpulse')),
    agentsPort: port(values['agents-port'], '--agents-port') ?? (once ? 0 : 8443),
    peoplePort: port(values['people-port'], '--people-port') ?? (once ? 0 : 8080),
    agent: folder(values.agent, '--agent'),
  };
  if (chosen.agentsPort !== 0 && chosen.agentsPort === chosen.peoplePort)
    throw new Error(`--agents-port and --people-port are both ${chosen.agentsPort}; expected two different ports`);
  return chosen;
}

function parse(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    // Node's own advice after the first sentence is about positional arguments, of which there are none here.
    const said = error instanceof Error ? (error.message.split(/\.? ?\n|\. /u)[0] ?? '') : String(error);
    throw new Error(`${said}; "npm start -- --help" lists the options`, { cause: error });
  }
}

function folder(text: string | undefined, option: string): string | undefined {
  if (text === '') throw new Error(`${option} is empty; expected a path`);
  return text === undefined ? undefined : resolve(text);
}

function port(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,5}$/u.test(text) ? Number(text) : Number.NaN;
  if (!(number >= 1 && number <= 65_535)) throw new Error(`${option} is "${text}"; expected a port from 1 to 65535`);
  return number;
}

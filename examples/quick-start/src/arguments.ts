import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Arguments {
  readonly once: boolean;
  readonly help: boolean;
  readonly state: string;
  readonly agentsPort: number;
  readonly peoplePort: number;
  readonly agent: string | undefined;
}

export const HELP = `npm start                       a hub and an agent on this machine, until Ctrl-C
npm start -- --once             the whole pass, unattended; exit 0 only if every step held

  --state DIR         where they keep what they know     (default: .stormpulse in this folder)
  --agents-port N     the hub's port for agents, mTLS    (default: 8443)
  --people-port N     the hub's port for people          (default: 8080)
  --agent FILE        run another agent program in place of ours, to see what it lets through
`;

/** Reads the command line. Throws a sentence a person can act on. */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      state: { type: 'string' },
      'agents-port': { type: 'string', default: '8443' },
      'people-port': { type: 'string', default: '8080' },
      agent: { type: 'string' },
      'allow-root': { type: 'boolean', default: false },
    },
  });
  return {
    once: values.once,
    help: values.help,
    state: resolve(values.state ?? join(process.cwd(), '.stormpulse')),
    agentsPort: port(values['agents-port'], '--agents-port'),
    peoplePort: port(values['people-port'], '--people-port'),
    agent: values.agent === undefined ? undefined : resolve(values.agent),
  };
}

function port(text: string, option: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new Error(`${option} is "${text}"; expected a port from 1 to 65535`);
  return number;
}

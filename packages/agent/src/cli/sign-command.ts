import type { Command } from 'commander';
import type { SignOptions } from './sign-request.ts';

const more = (value: string, list: readonly string[] = []): string[] => [...list, value];

const HELP = `
Without --command or --sequence the request is read from standard input, as one JSON object:
  {"agent_id":"web-1","command":"git_pull","params":{},"spec":["sha256:…"],"confirmation":"web-1"}
  {"agent_id":"web-1","sequence_id":"s1","commands":["a","b"],"stop_on_failure":true}
or a whole message, as this command prints it: its id, time, nonce and signatures are kept, so that one signs after the other.
"id", "ts" and "nonce" may be given; otherwise they are new. "spec" and "--spec" are the digest of each command, or its entry
in the manifest of "register" (a JSON object; --spec takes its file).

One line goes to standard output: the message. An operator signs for one agent, one version of the command, one use.

Examples:
  stormpulse sign --key hmac.key --agent web-1 --command docker_logs --param tail_lines=50
  stormpulse sign --operator-key me.pem --spec sha256:… --confirm web-1 < request.json
  stormpulse sign --new-operator-key me.pem --name alice     prints the line for [operator] keys
`;

/** Adds `stormpulse sign` to the command line; what it does is loaded when it is asked for. */
export function addSignCommand(program: Command): void {
  program
    .command('sign')
    .description('Sign a command as a hub, as an operator, or both, for tests and automation. Sends nothing.')
    .option('--key <file>', "the agent's signing key: sign as its hub does")
    .option('--operator-key <file>', "an operator's private key: add an operator's signature")
    .option('--agent <id>', 'the agent it is for')
    .option('--command <name>', 'the command, by its name on the wire')
    .option('--param <name=value>', 'a parameter; may be repeated', more)
    .option('--sequence <id>', 'a sequence, by an id of your own')
    .option('--step <name>', 'a command of the sequence; may be repeated', more)
    .option('--go-on', 'run the rest of the sequence after a failure')
    .option('--spec <digest|file>', 'what the operator signs the command as; one for each, may be repeated', more)
    .option('--confirm <phrase>', "the confirmation phrase of a command that asks for one: the agent's id")
    .option('--new-operator-key <file>', 'make a key pair: the private half in a new file, the public one printed')
    .option('--name <name>', 'whose key it is', 'operator')
    .addHelpText('after', HELP)
    .action(async (options: Partial<SignOptions> & Pick<SignOptions, 'name'>) => {
      const { sign } = await import('./sign.ts');
      process.stdout.write(`${sign({ param: [], step: [], spec: [], goOn: false, ...options })}\n`);
    });
}

import { hostname, userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import type { AgentConfig } from '../config/agent-config.ts';
import { loadConfig } from '../config/load.ts';
import { Refused } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { acceptsSameUser, agentUid, hatchOf } from '../host/hatch.ts';
import { printable } from '../host/printable.ts';
import { hatchText } from './status.ts';

export interface UnsealOptions {
  readonly config: string;
  readonly confirmHostname?: string;
  readonly for: string;
  readonly why: string;
}

const MAX_MINUTES = 8 * 60;
const MAX_WHY_CHARS = 300;
const RESTART = 'the agent that runs must be restarted before it counts: stormpulse restart';

/** The lines to print. Rejects with `E_CONFIG_*`. */
export async function signoffStatus(configPath: string): Promise<readonly string[]> {
  const { config } = loadConfig(configPath);
  const hatch = await hatchOf(config);
  const state = hatch.state();
  const hint = state.sealed
    ? `to open it: stormpulse signoff unseal; then ${RESTART}`
    : `unless it was since it was opened, ${RESTART}`;
  return [`Sign-off: ${printable(hatchText(state), 1_000)}`, `Record:   ${hatch.record}`, `(${hint})`];
}

/** Closes, whatever there is. Rejects with `E_CONFIG_*`, `E_AGENT_REFUSED`. */
export async function seal(configPath: string, say: (line: string) => void): Promise<void> {
  const { config } = loadConfig(configPath);
  const hatch = await hatchOf(config);
  writing(hatch.record, () => hatch.close());
  say(
    'The hatch is closed, at once: no block is let through, what runs of one is ended, and the hub is told within five seconds.',
  );
}

/** Opens after the host's name was typed; gives the exit code. Rejects with `E_CONFIG_*`, `E_AGENT_REFUSED`. */
export async function unseal(options: UnsealOptions, say: (line: string) => void): Promise<number> {
  const forMs = timeIn(options.for);
  const isShort = options.why.length <= MAX_WHY_CHARS;
  if (forMs === undefined) say(`--for ${options.for}: expected minutes or hours such as 30m or 2h, at least 1m and at most 8h`);
  if (!isShort) say(`--why: expected at most ${MAX_WHY_CHARS} characters`);
  if (forMs === undefined || !isShort) return EXIT.usage;
  const { config } = loadConfig(options.config);
  const hatch = await hatchOf(config);
  const before = hatch.state();
  if (!before.sealed) {
    say(`The hatch is open already: ${hatchText(before)}. To open it anew, close it first.`);
    return EXIT.ok;
  }
  assertMayOpen(config);
  if (options.confirmHostname === undefined && !process.stdin.isTTY) {
    say("Nobody is at this terminal to type this host's name: pass --confirm-hostname NAME. Nothing was changed.");
    return EXIT.usage;
  }
  const typed = options.confirmHostname ?? (await askForName(options.for));
  if (typed?.trim() !== hostname())
    throw Refused({ what: `that is not the name of this host (hostname prints it); the hatch stays closed` });
  const opening = writing(hatch.record, () => hatch.open({ by: whoIs(), why: options.why, forMs }));
  const after = hatch.state();
  if (after.sealed) throw Refused({ what: `the hatch stays closed: ${after.why}` });
  say(`signoff_unsealed host=${hostname()} state_path=${hatch.record}`);
  say(`The hatch is open until ${new Date(opening.expiresAt).toISOString()}; ${RESTART}. To close it: stormpulse signoff seal`);
  return EXIT.ok;
}

function timeIn(text: string): number | undefined {
  const [, count = '', unit] = /^(\d{1,3})(m|h)$/u.exec(text) ?? [];
  const minutes = Number(count) * (unit === 'h' ? 60 : 1);
  return minutes >= 1 && minutes <= MAX_MINUTES ? minutes * 60_000 : undefined;
}

/** SEC-151: what the agent would not take as a proof is not written. */
function assertMayOpen(config: AgentConfig): void {
  const [own, agents] = [process.geteuid?.() ?? -1, agentUid(config)];
  if (own === agents && !acceptsSameUser(config))
    throw Refused({
      what: `the agent runs as this user (${own}), so it could open the hatch by itself, and who takes the agent over could; in user mode that cannot be helped: if you accept it, write accept_same_user = true in [signoff] of ${config.path}, and restart the agent. In system mode open it as root`,
    });
  if (own !== agents && own !== 0)
    throw Refused({ what: 'only root opens the hatch of an agent that runs as another user: run it with sudo' });
}

/** Undefined at the end of the input. */
async function askForName(time: string): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)));
    const question = `While the hatch is open (${time}), the hub of this host can run any shell text here as the agent's user.\nType the name of this host to open it: `;
    return await Promise.race([terminal.question(question), ended]);
  } finally {
    terminal.close();
  }
}

function whoIs(): string {
  const { username } = userInfo();
  const through = process.env['SUDO_USER'];
  return through === undefined || through === '' ? username : `${username} (sudo by ${through.slice(0, 64)})`;
}

function writing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw Refused({
      what: `${path} and what is beside it could not be written: ${problem}; run it as root, or as the agent's user`,
    });
  }
}

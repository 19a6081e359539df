import { setTimeout as wait } from 'node:timers/promises';
import { Refused } from '../../errors.ts';
import { printable } from '../../host/printable.ts';
import { readRunning, statusPath } from '../../host/status-file.ts';
import { leaveRequest } from '../../plugins/apply-requests.ts';
import type { PluginChange, PluginOutcome } from '../../plugins/live-plugins.ts';
import { changesFolder } from '../../plugins/plugin-folders.ts';
import { replaceConfig } from './plugins-host.ts';
import type { PluginsDeps, PluginsHost } from './plugins-host.ts';

const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 100;
const AT_NEXT_START = "it counts from the agent's next start on: stormpulse restart";
const NOT_YET =
  'the running agent has not taken it yet: what runs of the plugin ends first. stormpulse plugins list tells how it does';

/** Whether an agent runs that takes changes. */
export function isTaking({ running }: PluginsHost): boolean {
  return running?.takesPluginChanges === true;
}

/**
 * Has the running agent take what is written, and says what came of it; true when nothing of the version before runs any more, or no
 * agent does. A version that it could not put in the place of the one before is taken out of the file again, and refused: rejects
 * with `E_AGENT_REFUSED`.
 */
export async function tellAgent(host: PluginsHost, plugin: string, { print }: Pick<PluginsDeps, 'print'>): Promise<boolean> {
  if (!isTaking(host)) {
    print(AT_NEXT_START);
    return host.running === undefined;
  }
  const change = await answerOf(host);
  if (change === undefined) print(NOT_YET);
  else if (change.problem !== undefined) print(`the running agent did not take the file: ${printable(change.problem, 2_000)}`);
  const outcomes = change?.outcomes ?? [];
  for (const other of outcomes)
    if (other.plugin !== plugin && other.outcome === 'restart')
      print(`restart needed for [${printable(other.plugin, 100)}], which is not as the agent read it: stormpulse restart`);
  const own = outcomes.find((one) => one.plugin === plugin);
  if (own?.outcome === 'kept') {
    replaceConfig(host, (text) => text, `put [plugins.${plugin}] back as it was`);
    throw Refused({
      what: `it does not stand: ${wordsOf(own)}. The file is as it was, and the running agent goes on with the one before`,
    });
  }
  if (own !== undefined) print(lineOf(own));
  else if (change?.problem === undefined && change !== undefined) print('the running agent has nothing to change');
  return own !== undefined && (own.outcome === 'runs' || own.outcome === 'gone') && own.reason === undefined;
}

function lineOf(outcome: PluginOutcome): string {
  const name = printable(outcome.plugin, 100);
  if (outcome.outcome === 'runs') return `the running agent has taken it: ${name} runs`;
  if (outcome.outcome === 'gone')
    return `the running agent has stopped ${name}${outcome.reason === undefined ? '' : `; ${wordsOf(outcome)}`}`;
  if (outcome.outcome === 'restart') return `restart needed: ${wordsOf(outcome)}: stormpulse restart`;
  return `the running agent does not run ${name}: ${wordsOf(outcome)}`;
}

/** A plugin's own words may stand in it. */
function wordsOf({ reason = 'no reason given' }: PluginOutcome): string {
  return printable(reason, 1_000);
}

/** Undefined: it did not answer in time. */
async function answerOf({ loaded, user }: PluginsHost): Promise<PluginChange | undefined> {
  const { databasePath } = loaded.config;
  const id = user.look(() => leaveRequest(changesFolder(databasePath)));
  for (let left = PATIENCE_MS; left > 0; left -= LOOK_EVERY_MS) {
    const change = user.look(() => readRunning(statusPath(databasePath)))?.pluginChange;
    if (change?.requests.includes(id) === true) return change;
    await wait(LOOK_EVERY_MS);
  }
  return undefined;
}

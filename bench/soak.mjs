// What an agent that works all the time holds in memory after a while: commands, what they write, a sample a second.
import { once } from 'node:events';
import { UsageError } from './knobs.mjs';
import { memoryOf } from './footprint.mjs';
import { figure } from './report.mjs';
import { pause } from './sampling.mjs';
import { openStage } from './stage.mjs';

export const KNOBS = {
  minutes: { full: 30, short: 3 },
  warmUpMinutes: { full: 5, short: 1 },
  lastMinutes: { full: 5, short: 1 },
  perSecond: { full: 8, short: 8 },
  sides: { full: 3, short: 3 },
};

const MINUTE_MS = 60_000;
const SAMPLE_MS = 2_000;
const PUSH_SECONDS = 1;
/** Commands of one agent that may run at the same moment. */
const IN_FLIGHT = 4;
/** One command in four writes this many lines, some 9 KB; the others one. */
const LINES = 2_000;
const MANY_LINES = Array.from({ length: LINES }, (_, index) => `${index + 1}\n`).join('');

export async function run(knobs) {
  const { minutes, warmUpMinutes, lastMinutes, sides } = knobs;
  if (warmUpMinutes + 2 * lastMinutes > minutes) {
    throw new UsageError(`soak.minutes is ${minutes}, expected at least warmUpMinutes + 2 lastMinutes`);
  }
  const ids = Array.from({ length: sides }, (_, index) => `soak-${index + 1}`);
  const stage = await openStage('soak', { live: ids });
  const stop = new AbortController();
  try {
    const agents = [];
    for (const id of ids) agents.push(await stage.startAgent(id, { pushSeconds: PUSH_SECONDS }));
    await stage.whenReady();
    const counts = { answered: 0, wrong: 0 };
    const ended = Promise.race(agents.map((agent) => once(agent.child, 'exit').then(() => Promise.reject(endedEarly(agent)))));
    const load = loadAll(stage, ids, knobs, counts, stop.signal);
    const samples = await Promise.race([watch(agents, minutes), ended]);
    await load;
    return report(samples, counts, stage.driver, knobs);
  } finally {
    stop.abort();
    await stage.close();
  }
}

function endedEarly(agent) {
  return new Error(`an agent ended under load; it said:\n${agent.lines.join('\n')}`);
}

/** Orders commands of every agent at a steady pace until the time is over. */
async function loadAll(stage, ids, { minutes, perSecond }, counts, stop) {
  const until = performance.now() + minutes * MINUTE_MS;
  const everyMs = (1_000 * IN_FLIGHT) / perSecond;
  const workers = ids.flatMap((id) => Array.from({ length: IN_FLIGHT }, (_, worker) => ({ id, worker })));
  await Promise.all(
    workers.map(async ({ id, worker }) => {
      await pause((everyMs / IN_FLIGHT) * worker);
      for (let turn = worker; performance.now() < until && !stop.aborted; turn += 1) {
        const begun = performance.now();
        const good = await orderOne(stage, id, turn);
        if (good) counts.answered += 1;
        else counts.wrong += 1;
        await pause(Math.max(0, begun + everyMs - performance.now()));
      }
    }),
  );
}

async function orderOne(stage, id, turn) {
  const many = turn % IN_FLIGHT === 0;
  const [command, params, expected] = many
    ? ['lines', { count: String(LINES) }, MANY_LINES]
    : ['echo', { text: `turn ${turn}` }, `turn ${turn}\n`];
  const { result, output } = await stage.order(id, command, params);
  return result?.stdout === expected && output.inOrder(result);
}

/** Memory of each agent every two seconds: one list an agent. */
async function watch(agents, minutes) {
  const begun = performance.now();
  const samples = agents.map(() => []);
  for (;;) {
    const at = (performance.now() - begun) / MINUTE_MS;
    if (at >= minutes) return samples;
    agents.forEach((agent, index) => samples[index].push({ at, ...memoryOf(agent.pid) }));
    await pause(SAMPLE_MS);
  }
}

function report(samples, counts, driver, { smoke, minutes, warmUpMinutes, lastMinutes, sides, perSecond }) {
  const mean = (list, field, from, to) => {
    const values = list.filter(({ at }) => at >= from && at < to).map((one) => one[field]);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const growth = (name, field, limit) => {
    const pairs = samples.map((list) => ({
      before: mean(list, field, warmUpMinutes, warmUpMinutes + lastMinutes),
      after: mean(list, field, minutes - lastMinutes, minutes),
    }));
    pairs.sort((a, b) => a.after / a.before - b.after / b.before);
    const { before, after } = pairs[Math.floor((pairs.length - 1) / 2)];
    const yardstick = { name: `mean of minutes ${warmUpMinutes} to ${warmUpMinutes + lastMinutes}`, value: before };
    return figure(name, after, 'MB', { better: 'lower', yardstick, limit, smoke });
  };
  const figures = [
    growth(`RSS, mean of the last ${lastMinutes} minutes`, 'rss', 1.05),
    growth('RSS less Private_Clean', 'resident', null),
    growth('private memory (Private_Dirty)', 'privateDirty', null),
    figure('commands not answered as they should', counts.wrong, '', { better: 'lower', limit: 0, smoke }),
    figure('commands answered', counts.answered, '', { better: 'higher' }),
  ];
  const notes = [
    `${sides} agents side by side for ${minutes} minutes, ${perSecond} commands a second each; the middle one by growth`,
  ];
  samples.forEach((list, index) => {
    const means = [];
    for (let from = 0; from < minutes; from += lastMinutes) means.push(mean(list, 'rss', from, from + lastMinutes).toFixed(1));
    notes.push(`agent ${index + 1}, mean RSS of each ${lastMinutes} minutes: ${means.join(', ')} MB`);
  });
  if (driver.refusals.length > 0) notes.push(`refused: ${JSON.stringify(driver.refusals.slice(0, 3))}`);
  return { figures, notes };
}

// B5: many `echo` commands at the same moment: how many complete a second, how many are lost, and whether output keeps its order.
import { openApiSides, sideOfAgent } from './echo-sides.mjs';
import { figure } from './report.mjs';
import { median } from './sampling.mjs';
import { openStage } from './stage.mjs';

export const KNOBS = {
  commands: { full: 400, short: 100 },
  inFlight: { full: 16, short: 16 },
  deadlineMs: { full: 5_000, short: 5_000 },
  warmUp: { full: 300, short: 30 },
  repeats: { full: 3, short: 3 },
};

const AGENT = 'bench-live';
const FLOOR = 'bench-floor';

export async function run(knobs) {
  const stage = await openStage('burst', { live: [AGENT] });
  let api;
  try {
    await stage.startAgent(AGENT);
    await stage.startFloor(FLOOR);
    if (knobs.meshcentral) api = await openApiSides(stage);
    await stage.whenReady();
    const agent = sideOfAgent(stage, AGENT);
    const floor = sideOfAgent(stage, FLOOR);
    const sides = [agent, floor, ...(api === undefined ? [] : [api.ours, api.theirs])];
    const rounds = await measure(sides, knobs);
    const figures = besideFloor(rounds.get(agent), rounds.get(floor), stage.driver.strays(), knobs);
    const notes = [`${knobs.repeats} repeats of ${knobs.commands} commands for each, ${knobs.inFlight} in flight; medians`];
    if (api !== undefined) {
      const alone = await oneAtATime(api.theirs, knobs);
      figures.push(...besideMeshCentral(rounds.get(api.ours), rounds.get(api.theirs), alone, knobs));
      notes.push(
        "MeshCentral's agent takes one order at a time and drops what comes meanwhile, so its slots wait for the deadline",
      );
    }
    return { figures, notes };
  } finally {
    api?.close();
    await stage.close();
  }
}

/** The sides take turns. One list of rounds a side. */
async function measure(sides, { commands, inFlight, deadlineMs, warmUp, repeats }) {
  const rounds = new Map(sides.map((side) => [side, []]));
  for (const side of sides) await burst(side, { commands: warmUp, inFlight: 1, deadlineMs });
  for (let round = 0; round < repeats; round += 1) {
    for (const side of sides) rounds.get(side).push(await burst(side, { commands, inFlight, deadlineMs }));
  }
  return rounds;
}

/** `inFlight` slots order one command after the other until all are ordered. A slot waits for an answer, at most until the deadline. */
async function burst(side, { commands, inFlight, deadlineMs }) {
  let next = 0;
  let completed = 0;
  let disordered = 0;
  const begun = performance.now();
  async function slot() {
    while (next < commands) {
      next += 1;
      const sent = `order ${next}`;
      const { text, inOrder } = await side.echo(sent, deadlineMs);
      if (text === `${sent}\n`) completed += 1;
      else if (text !== undefined) throw new Error(`${side.name} answered ${JSON.stringify(text)} to ${sent}`);
      if (!inOrder) disordered += 1;
    }
  }
  await Promise.all(Array.from({ length: inFlight }, slot));
  const seconds = (performance.now() - begun) / 1_000;
  return { rate: completed / seconds, lost: commands - completed, disordered };
}

async function oneAtATime(side, { commands, deadlineMs, repeats }) {
  const rounds = [];
  for (let round = 0; round < repeats; round += 1) rounds.push(await burst(side, { commands, inFlight: 1, deadlineMs }));
  return rounds;
}

const rateOf = (rounds) => median(rounds.map(({ rate }) => rate));
const sum = (rounds, field) => rounds.reduce((total, round) => total + round[field], 0);

/** What is lost or out of order in any round counts: the middle one would hide it. */
function faults(name, rounds, smoke, strays = 0) {
  const disordered = sum(rounds, 'disordered') + strays;
  return [
    figure(`${name}: lost`, sum(rounds, 'lost'), '', { better: 'lower', limit: 0, smoke }),
    figure(`${name}: output out of order`, disordered, '', { better: 'lower', limit: 0, smoke }),
  ];
}

/** `strays`: pieces that came after the result of their command. */
function besideFloor(agent, floor, strays, { smoke }) {
  const yardstick = { name: 'bare spawn over the same socket', value: rateOf(floor) };
  return [
    figure('agent: completed', rateOf(agent), '1/s', { better: 'higher', yardstick }),
    ...faults('agent', agent, smoke, strays),
    figure('bare spawn: lost', sum(floor, 'lost'), '', { better: 'lower' }),
  ];
}

function besideMeshCentral(ours, theirs, alone, { smoke }) {
  const yardstick = { name: 'MeshCentral and its agent', value: rateOf(theirs) };
  const oneByOne = { name: 'MeshCentral, one in flight', value: rateOf(alone) };
  return [
    figure("through the hub's API: completed", rateOf(ours), '1/s', { better: 'higher', yardstick, limit: 8, smoke }),
    figure("through the hub's API, beside its best", rateOf(ours), '1/s', { better: 'higher', yardstick: oneByOne }),
    ...faults("through the hub's API", ours, smoke),
    figure('MeshCentral: lost', sum(theirs, 'lost'), '', { better: 'lower' }),
  ];
}

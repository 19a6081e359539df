// Tests of one working tree, in a process that is kept between runs and ended with all it started when one takes too long.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const LANE = fileURLToPath(new URL('lane.mjs', import.meta.url));
/** A worker of tests that a fault breaks says so on its error output, at length. */
const KEPT_CHARACTERS = 2_000;

/** `{ run({ files, pattern, changed }), end() }`; `run` gives vitest's findings, or a sentence when there are none. */
export function createRunner(tree, { maxWorkers, limitMs }) {
  let lane;

  function start() {
    // A group of its own: a fault may leave the workers of the tests in a loop that only their end ends.
    const child = fork(LANE, [String(maxWorkers)], { cwd: tree, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: true });
    const started = { child, words: '', ready: undefined };
    child.stderr.setEncoding('utf8').on('data', (text) => (started.words = (started.words + text).slice(-KEPT_CHARACTERS)));
    started.ready = answer(started, limitMs);
    lane = started;
    return started;
  }

  function end() {
    if (lane === undefined) return;
    endGroup(lane.child);
    lane = undefined;
  }

  async function run(order) {
    const { child, ready, ...rest } = lane ?? start();
    const up = await ready;
    if (up.ready === undefined) return failed(up);
    child.send(order);
    const { report, ...why } = await answer({ child, ...rest }, limitMs);
    return report ?? failed(why);
  }

  function failed({ late, words }) {
    end();
    return late ? `the tests did not end within ${limitMs / 1_000} s` : `vitest gave no report: ${words}`;
  }

  return { run, end };
}

/** The next message, or why there is none. */
function answer(lane, limitMs) {
  return new Promise((resolve) => {
    const settle = (given) => {
      clearTimeout(timer);
      lane.child.off('message', settle).off('exit', gone);
      resolve(given);
    };
    const gone = () => settle({ words: lane.words });
    const timer = setTimeout(() => settle({ late: true }), limitMs);
    lane.child.on('message', settle).on('exit', gone);
  });
}

function endGroup({ pid }) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

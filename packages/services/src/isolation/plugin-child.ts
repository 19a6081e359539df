// A file of its own in the bundle, started by path: the process or the thread in which one plugin's code runs.
import { parentPort } from 'node:worker_threads';
import { ChildPlugin } from './child-plugin.ts';
import { FrameReader, frameOf } from './frames.ts';
import { Rpc } from './rpc.ts';
import { textOf } from './travelling-error.ts';

const MISUSED = 70;

/** The line to the agent: two pipes, or the thread's port. */
interface Line {
  readonly send: (frame: string) => void;
  readonly listen: (onFrame: (frame: string) => void) => void;
}

function pipes(): Line {
  const { stdin, stdout, stderr } = process;
  // What the plugin prints is its log, not a frame.
  Object.defineProperty(process, 'stdout', { value: stderr, configurable: true });
  const reader = new FrameReader();
  return {
    send: (frame) => void stdout.write(frameOf(frame)),
    listen(onFrame) {
      stdin.on('data', (chunk: Buffer) => reader.push(chunk).forEach(onFrame));
      // The agent is gone.
      stdin.once('end', () => process.exit(0));
      stdout.once('error', () => process.exit(0));
    },
  };
}

function port(to: NonNullable<typeof parentPort>): Line {
  return { send: (frame) => to.postMessage(frame, []), listen: (onFrame) => void to.on('message', onFrame) };
}

const line = parentPort === null ? pipes() : port(parentPort);
const plugin = new ChildPlugin();
const rpc = new Rpc({
  send: line.send,
  onCall: (name, args, signal) => plugin.answer(name, args, signal),
  onNote: () => undefined,
  onBroken: (why) => {
    process.stderr.write(`the agent broke the rules of the line: ${why}\n`);
    process.exit(MISUSED);
  },
});
plugin.connect(rpc);
// Told before it ends by it: an exit code alone says nothing.
process.on('uncaughtExceptionMonitor', (error, origin) => {
  rpc.note('dying', {
    why: `${origin === 'unhandledRejection' ? 'a rejection nobody handled' : 'an exception nobody caught'}: ${textOf(error)}`,
  });
});
line.listen((frame) => rpc.receive(frame));

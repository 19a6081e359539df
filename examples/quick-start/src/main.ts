import { HELP, readArguments } from './arguments.ts';
import { live } from './live.ts';
import { once } from './once.ts';
import { stopSignal } from './stop-signal.ts';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

try {
  const options = readArguments(process.argv.slice(2));
  if (options.help) process.stdout.write(HELP);
  else process.exitCode = await (options.once ? once : live)(options, stopSignal(), say);
} catch (error) {
  process.stderr.write(`stormpulse: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

import { createInterface } from 'node:readline/promises';
import { Refused } from '../../errors.ts';

/** Asks the person at the terminal; anything but y or yes is no. Rejects with `E_AGENT_REFUSED` where nobody is. */
export async function askAtTerminal(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw Refused({ what: `${question} Nobody is at this terminal to answer; look first, then pass --yes` });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/iu.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

import type { Readable } from 'node:stream';
import type * as Clack from '@clack/prompts';
import { GaveUp } from './ask.ts';
import type { Asker } from './ask.ts';

/** Asks in this terminal. The end of the input ends the question, as Ctrl-C does. The library is loaded when the first one is asked. */
export function terminalAsker(input: Readable & { readonly isTTY?: boolean } = process.stdin): Asker {
  const answered = async <T>(ask: (clack: typeof Clack, common: Common) => Promise<T>): Promise<Exclude<T, symbol>> => {
    const clack = await import('@clack/prompts');
    const ended = new AbortController();
    const end = (): void => ended.abort();
    // In a terminal the end of the input is a key, Ctrl-D; a terminal that is closed ends the stream.
    const onData = (chunk: Buffer | string): void => {
      if (chunk.toString() === '\u0004') end();
    };
    input.once('end', end).once('close', end).on('data', onData);
    try {
      const answer = await ask(clack, { signal: ended.signal, output: process.stderr });
      if (typeof answer === 'symbol' || ended.signal.aborted) throw new GaveUp();
      return answer as Exclude<T, symbol>;
    } finally {
      input.off('end', end).off('close', end).off('data', onData);
    }
  };
  return {
    text: ({ message, initial, problemWith }) =>
      answered(({ text }, common) =>
        text({
          ...common,
          message,
          ...(initial === undefined ? { defaultValue: '' } : { placeholder: initial, defaultValue: initial }),
          validate: (value) => problemWith(value === undefined || value === '' ? (initial ?? '') : value),
        }),
      ),
    secret: ({ message, problemWith }) =>
      answered(async ({ password }, common) => {
        const answer = await password({ ...common, message, validate: (value) => problemWith(value ?? '') });
        return typeof answer === 'symbol' ? answer : (answer ?? '');
      }),
    yesNo: ({ message, initial }) => answered(({ confirm }, common) => confirm({ ...common, message, initialValue: initial })),
    oneOf: ({ message, choices, initial }) =>
      answered(({ select }, common) =>
        select({
          ...common,
          message,
          options: choices.map(optionOf),
          ...(initial === undefined ? {} : { initialValue: initial }),
        }),
      ),
    someOf: ({ message, choices, initial }) =>
      answered(({ multiselect }, common) =>
        multiselect({ ...common, message, options: choices.map(optionOf), initialValues: [...initial], required: false }),
      ),
    say: (line) => void process.stderr.write(`${line}\n`),
  };
}

interface Common {
  readonly signal: AbortSignal;
  readonly output: NodeJS.WriteStream;
}

function optionOf({ value, label = value, hint }: { readonly value: string; readonly label?: string; readonly hint?: string }) {
  return { value, label, ...(hint === undefined ? {} : { hint }) };
}

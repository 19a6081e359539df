import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { KEYS, Terminal, inTerminal } from './terminal.ts';

const ASKING = join(import.meta.dirname, '../../dist/e2e/asking.js');
const QUESTIONS = ['Its name', 'Its port', 'Its token', 'Its mode', 'Its parts', 'Its hosts', 'Really'];

describe('questions in a terminal of 80 columns', () => {
  let terminal: Terminal;
  afterEach(() => terminal.kill());
  const open = (): void => {
    const [file = '', ...args] = inTerminal(`${process.execPath} ${ASKING}`);
    terminal = new Terminal(spawn(file, args, { env: { PATH: '/usr/bin:/bin', TERM: 'xterm' } }));
  };

  it('W28: are answered by keys; what is wrong is asked again, a secret is not shown', async () => {
    open();
    await terminal.answers('Its name', `UP${KEYS.enter}`);
    await terminal.answers('expected a text that fits', `\u0015api${KEYS.enter}`);
    await terminal.answers('Its port', `70000${KEYS.enter}`);
    await terminal.answers('at most 65535', `\u00158080${KEYS.enter}`);
    await terminal.answers('Its token', `hunter2${KEYS.enter}`);
    await terminal.answers('Its mode', `${KEYS.down}${KEYS.enter}`);
    await terminal.answers('Its parts', `${KEYS.down}${KEYS.space}${KEYS.enter}`);
    await terminal.answers('Its hosts', `a, b${KEYS.enter}`);
    await terminal.answers('Really', KEYS.yes);
    expect(await terminal.ended).toBe(0);
    const [, answers = ''] = /answers (\{.*\})/u.exec(terminal.text) ?? [];
    expect(JSON.parse(answers)).toEqual({
      name: 'api',
      port: 8_080,
      token: 'hunter2',
      mode: 'off',
      parts: ['logs', 'state'],
      hosts: ['a', 'b'],
      sure: true,
    });
    expect(terminal.text.replace(answers, '')).not.toContain('hunter2');
    // Between two moves of the cursor.
    const drawn = terminal.raw
      .replaceAll(/\u001B\[[0-9;]*m/gu, '')
      .replace(answers, '')
      .split(/[\r\n]|\u001B\[[0-9;?]*[A-Za-z]/u);
    expect(drawn.filter((line) => line.length > 80)).toEqual([]);
  });

  it('take what is proposed for an empty answer', async () => {
    open();
    for (const question of QUESTIONS) await terminal.answers(question, KEYS.enter);
    expect(await terminal.ended).toBe(0);
    expect(terminal.text).toContain('"name":"web","port":80,"token":"","mode":"on","parts":["logs"],"hosts":[],"sure":false');
  });

  it.each(
    QUESTIONS.flatMap((question, at) => [
      [question, at, 'ctrlD'] as const,
      ...(at % 3 === 0 ? [[question, at, 'ctrlC'] as const] : []),
    ]),
  )('end with the input at "%s" (%i, %s)', async (_, at, key) => {
    open();
    for (const before of QUESTIONS.slice(0, at)) await terminal.answers(before, KEYS.enter);
    await terminal.answers(QUESTIONS[at] ?? '', KEYS[key]);
    expect(await terminal.ended).toBe(3);
    expect(terminal.text).toContain('nothing was changed');
  });
});

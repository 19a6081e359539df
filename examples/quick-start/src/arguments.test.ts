import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HELP, readArguments } from './arguments.ts';

test('without options: the known ports and a folder that stays', () => {
  expect(readArguments([])).toEqual({
    once: false,
    help: false,
    state: join(process.cwd(), '.stormpulse'),
    agentsPort: 8443,
    peoplePort: 8080,
    agent: undefined,
  });
});

test('--once alone takes any ports and a folder of its own, and what is named besides counts', () => {
  expect(readArguments(['--once'])).toMatchObject({ once: true, state: undefined, agentsPort: 0, peoplePort: 0 });
  expect(readArguments(['--once', '--state', 'kept', '--people-port', '9000'])).toMatchObject({
    state: join(process.cwd(), 'kept'),
    agentsPort: 0,
    peoplePort: 9000,
  });
});

test.each([
  [['--foo'], /Unknown option '--foo'; .*--help/u],
  [['extra'], /Unexpected argument 'extra'; .*--help/u],
  [['--once=1'], /'--once' does not take an argument; .*--help/u],
  [['--agents-port'], /'--agents-port <value>' argument missing; .*--help/u],
  [['--agents-port', '-5'], /'--agents-port' argument is ambiguous; .*--help/u],
  [['--agents-port', 'abc'], /--agents-port is "abc"; expected a port from 1 to 65535/u],
  [['--people-port', '0'], /--people-port is "0"/u],
  [['--people-port', '65536'], /--people-port is "65536"/u],
  [['--people-port', '0x50'], /--people-port is "0x50"/u],
  [['--people-port', ' 80'], /--people-port is " 80"/u],
  [['--people-port', ''], /--people-port is ""/u],
  [['--people-port', '8443'], /both 8443; expected two different ports/u],
  [['--state', ''], /--state is empty; expected a path/u],
  [['--agent', ''], /--agent is empty; expected a path/u],
])('%j is refused in a sentence', (args, message) => {
  expect(() => readArguments(args)).toThrow(message);
});

test('the help names every option', () => {
  for (const option of ['--once', '--state', '--agents-port', '--people-port', '--agent', '--help'])
    expect(HELP).toContain(option);
});

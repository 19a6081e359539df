import { limitsProblems } from '@stormpulse/sdk';
import { ALLOWANCES, CommandTable } from './config.ts';
import type { CommandConfig } from './config.ts';
import { checkKeys } from './check-keys.ts';
import type { Findings } from './findings.ts';

/** SEC-053: the signed text joins names by commas and lines. */
const UNSAFE_IN_NAME = /[\s,=\p{Cc}\p{Zs}\u2028\u2029]/u;
const MAX_NAME_CHARS = 128;
/** Ids of the kernel, and names that every JavaScript object has. */
const RESERVED = /^(?:refresh|agent_.*|__proto__|constructor|prototype)$/u;
/** The longest time a timer can hold. */
const MAX_TIMEOUT_SECONDS = 2_147_483;
const MAX_KEY_CHARS = 64;
/** The agent runs no more at once (SEC-068). */
const MAX_CONCURRENCY = 4;
const EFFECTS: readonly string[] = ['read', 'write', 'destructive'];

/** Everything about a command that is not its template or its parameters: name, protocol v1's own checks (wire page 11.2), our keys. */
export function checkCommand(name: string, table: CommandConfig, findings: Findings): void {
  checkName(name, findings);
  checkKeys(table, Object.keys(CommandTable.properties), [], findings);
  if (table.group === undefined || table.group === '') {
    findings.refuse(['group'], stateOf(table.group), 'a label under which people find the command, for example "maintenance"');
  }
  if (table.command === undefined || table.command.length === 0) {
    findings.refuse(['command'], stateOf(table.command), 'the program and its arguments, for example ["/usr/bin/uptime", "-p"]');
  }
  if (table.command?.some((word) => word.includes('\0')) === true) {
    findings.leaveOut(['command'], 'holds a NUL character, which no argument can carry', 'text without NUL');
  }
  const { timeout } = table;
  if (timeout === undefined || timeout < 1 || timeout > MAX_TIMEOUT_SECONDS) {
    findings.refuse(['timeout'], stateOf(timeout), `whole seconds from 1 to ${MAX_TIMEOUT_SECONDS}`);
  }
  if (table.long_running === true) {
    findings.refuse(['long_running'], 'is true', 'false', 'only built-in commands run as jobs; remove the key and raise timeout');
  }
  if (table.effect !== undefined && !EFFECTS.includes(table.effect)) {
    findings.refuse(['effect'], stateOf(table.effect), `one of ${EFFECTS.join(', ')}`);
  }
  checkTurns(table, findings);
  for (const { key, problem, expected, fix } of limitsProblems(table.limits ?? {}))
    findings.refuse(['limits', key], problem, expected, fix);
  for (const [index, allowed] of (table.allow ?? []).entries()) {
    if (!ALLOWANCES.some((known) => known === allowed))
      findings.refuse(['allow', index], stateOf(allowed), `one of ${ALLOWANCES.join(', ')}`);
  }
}

/** Beside which other commands it may run (D7). */
function checkTurns({ key, concurrency, effect }: CommandConfig, findings: Findings): void {
  if (key !== undefined && (key === '' || key.length > MAX_KEY_CHARS))
    findings.refuse(['key'], stateOf(key), `1 to ${MAX_KEY_CHARS} characters, the same in all commands that take turns`);
  if (concurrency === undefined) return;
  if (concurrency < 1 || concurrency > MAX_CONCURRENCY)
    findings.refuse(['concurrency'], stateOf(concurrency), `a whole number from 1 to ${MAX_CONCURRENCY}`);
  if (key !== undefined)
    findings.refuse(['concurrency'], 'is given together with key', 'one of the two', 'commands of one key run one at a time');
  if (effect === 'destructive' && concurrency > 1)
    findings.refuse(['concurrency'], `${stateOf(concurrency)}, for a destructive command`, '1', 'remove it');
}

function checkName(name: string, findings: Findings): void {
  const length = Array.from(name).length;
  if (length === 0 || length > MAX_NAME_CHARS || UNSAFE_IN_NAME.test(name) || /\p{Surrogate}/u.test(name)) {
    const expected = `1 to ${MAX_NAME_CHARS} characters without comma, equals sign, white space and control characters`;
    findings.refuse([], 'is no name that a signed message can carry', expected, 'rename the table');
  } else if (RESERVED.test(name)) {
    findings.leaveOut([], 'has a name that belongs to the agent', 'another name', 'rename the table');
  }
}

/** How a refused value is told. */
export function stateOf(value: unknown): string {
  if (value === undefined) return 'is missing';
  const text = JSON.stringify(value);
  return `is ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`;
}

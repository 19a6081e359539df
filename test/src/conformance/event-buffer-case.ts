import { EventBuffer } from '@stormpulse/protocol';
import type { Dialect } from '@stormpulse/protocol';
import { expectSame, fail } from './cases.ts';
import { isVector, number, plain, section } from './vectors.ts';
import type { Vector } from './vectors.ts';

type Item = number | { readonly dropped_events: number };

/** Plays a scenario on an event buffer; events are their numbers. */
export function checkEventBuffer(vector: Vector, dialect: Dialect): void {
  const buffer = new EventBuffer<Item>({
    maxEvents: number(vector, 'max_events'),
    droppedMarker: (dropped) => ({ dropped_events: dropped }),
    droppedIn: (item) => (typeof item === 'number' ? 0 : item.dropped_events),
    dialect,
  });
  const steps = section(vector, 'steps');
  const ordered = dialect === 'hardened' && keepsOrder(vector);
  for (const [index, step] of steps.entries()) {
    const { op, result } = plain(step) as { readonly op: readonly [string, ...unknown[]]; readonly result: unknown };
    const expected = ordered && index === steps.length - 1 ? [...(result as number[])].sort((a, b) => a - b) : result;
    const got = play(buffer, op);
    expectSame(`step ${index} (${op[0]})`, isVector(expected) ? summary(got) : got, expected);
  }
}

function keepsOrder(vector: Vector): boolean {
  const { hardened } = vector;
  if (hardened === undefined) return false;
  return hardened === 'last drain gives the original order' || fail(`unknown value of hardened: ${JSON.stringify(hardened)}`);
}

function play(buffer: EventBuffer<Item>, [name, ...args]: readonly [string, ...unknown[]]): unknown {
  switch (name) {
    case 'append':
      for (let event = args[0] as number; event < (args[1] as number); event += 1) buffer.append(event);
      return null;
    case 'drain':
      return buffer.drain(args[0] as string, args[1] as number | undefined);
    case 'ack':
      return buffer.ack(args[0] as string);
    case 'requeue':
      return buffer.requeue();
    case 'len':
      return buffer.length;
    default:
      return fail(`unknown operation ${name}`);
  }
}

function summary(batch: unknown): unknown {
  const items = batch as readonly Item[];
  return { count: items.length, first: items[0], last: items.at(-1) };
}

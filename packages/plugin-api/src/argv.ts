import { defineError } from './errors.ts';

declare const slotType: unique symbol;
/** A hole in an argv template. Opaque: it can be placed, never concatenated. */
export interface Slot<T> {
  readonly [slotType]: T;
}

declare const flagType: unique symbol;
/** A part of argv whose presence depends on a parameter, made by {@link flag}, {@link option} or {@link joined}. */
export interface Flag {
  readonly [flagType]: true;
}

/** A secret is deliberately not placeable: argv is readable by every user of the host. */
export type ArgvPart = string | Slot<string> | Slot<number> | Slot<boolean> | Flag;

/** The inert form of one part, as the kernel fills and prints it. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'slot'; readonly name: string }
  | { readonly kind: 'flag'; readonly name: `-${string}`; readonly when: string }
  | { readonly kind: 'option'; readonly name: `-${string}`; readonly value: string }
  | { readonly kind: 'joined'; readonly parts: readonly (string | { readonly slot: string })[] };

export const SlotMisused = defineError<{ slot: string }>(
  'E_PLUGIN_SLOT_MISUSED',
  'failed_precondition',
  'plugin',
  (d) => `slot "${d.slot}" was used as text; place it in argv as its own element, or with joined(), option() or flag()`,
);

const PART = Symbol.for('@stormpulse/argv-part');

/** Makes the slot of one parameter. Turning it into a string throws `E_PLUGIN_SLOT_MISUSED`. */
export function makeSlot(name: string): Slot<never> {
  const refuse = (): never => {
    throw SlotMisused({ slot: name });
  };
  const part: Part = { kind: 'slot', name };
  return Object.freeze({
    [PART]: part,
    [Symbol.toPrimitive]: refuse,
    toString: refuse,
    toJSON: refuse,
  }) as unknown as Slot<never>;
}

function makeFlag(part: Part): Flag {
  return Object.freeze({ [PART]: Object.freeze(part) }) as unknown as Flag;
}

function slotName(slot: object): string {
  const part = (slot as { readonly [PART]?: Part })[PART];
  if (part?.kind !== 'slot') throw SlotMisused({ slot: 'unknown' });
  return part.name;
}

/** `flag('--follow', slot.follow)`: present when the boolean is true. */
export function flag(name: `-${string}`, when: Slot<boolean>): Flag {
  return makeFlag({ kind: 'flag', name, when: slotName(when) });
}

/** `option('--tail', slot.lines)`: two argv entries, or none when the parameter is absent. */
export function option(name: `-${string}`, value: Slot<string> | Slot<number>): Flag {
  return makeFlag({ kind: 'option', name, value: slotName(value) });
}

/** `joined('--tail=', slot.lines)`: one argv entry made of fixed text and slots. */
export function joined(...parts: readonly (string | Slot<string> | Slot<number>)[]): Flag {
  return makeFlag({ kind: 'joined', parts: parts.map((part) => (typeof part === 'string' ? part : { slot: slotName(part) })) });
}

/** The inert form of what an author placed in argv. */
export function toPart(part: ArgvPart): Part {
  if (typeof part === 'string') return { kind: 'text', text: part };
  const inert = (part as unknown as { readonly [PART]?: Part })[PART];
  if (inert === undefined) throw SlotMisused({ slot: 'unknown' });
  return inert;
}

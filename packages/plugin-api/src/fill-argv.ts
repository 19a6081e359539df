import type { Part } from './argv.ts';
import type { EnvPart } from './command.ts';
import type { ParamValue } from './params/policy.ts';

/** Fills an argv template once; values are placed literally and never scanned again (SEC-102). */
export function fillArgv(parts: readonly Part[], values: Readonly<Record<string, ParamValue>>): string[] {
  return parts.flatMap((part) => fillPart(part, values));
}

function fillPart(part: Part, values: Readonly<Record<string, ParamValue>>): string[] {
  switch (part.kind) {
    case 'text':
      return [part.text];
    case 'slot':
      return values[part.name] === undefined ? [] : [text(values[part.name])];
    case 'flag':
      return values[part.when] === true ? [part.name] : [];
    case 'option':
      return values[part.value] === undefined ? [] : [part.name, text(values[part.value])];
    case 'joined':
      return [part.parts.map((piece) => (typeof piece === 'string' ? piece : text(values[piece.slot]))).join('')];
  }
}

function text(value: ParamValue | undefined): string {
  return value === undefined ? '' : String(value);
}

/** Fills the variables of one call; one whose parameter is absent is left out. */
export function fillEnv(
  env: Readonly<Record<string, EnvPart>>,
  values: Readonly<Record<string, ParamValue>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, part]) => {
      if ('text' in part) return [[name, part.text]];
      return values[part.slot] === undefined ? [] : [[name, text(values[part.slot])]];
    }),
  );
}

/** The template as people and hubs read it. */
export function printArgv(parts: readonly Part[]): string[] {
  return parts.flatMap(printPart);
}

function printPart(part: Part): string[] {
  switch (part.kind) {
    case 'text':
      return [part.text];
    case 'slot':
      return [`{${part.name}}`];
    case 'flag':
      return [`[${part.name}]`];
    case 'option':
      return [part.name, `{${part.value}}`];
    case 'joined':
      return [part.parts.map((piece) => (typeof piece === 'string' ? piece : `{${piece.slot}}`)).join('')];
  }
}

import { joined, subprocess } from '@stormpulse/sdk';
import type { AbsolutePath, ArgvPart, Command, Effect, Slot } from '@stormpulse/sdk';
import type { CommandConfig } from './config.ts';
import { dropEmptyOptions } from './language/expand-template.ts';
import { paramsSchema } from './language/params-schema.ts';
import type { ParamSpec } from './language/params-schema.ts';
import { fixedText, namesIn } from './language/parse-template.ts';
import type { TemplateWord } from './language/parse-template.ts';

/** A command that every check has passed. */
export interface CheckedCommand {
  readonly name: string;
  readonly table: CommandConfig;
  readonly words: readonly TemplateWord[];
  readonly params: ReadonlyMap<string, ParamSpec>;
  readonly stdin: string | undefined;
  /** What local configuration fills, once, now. */
  readonly fixed: ReadonlyMap<string, string>;
}

/** Makes the command the kernel runs: local values filled in, parameters left as slots. */
export function buildCommand({ name, table, words, params, stdin, fixed }: CheckedCommand): Command {
  const [program = [], ...rest] = words.map((word) => fillFixed(word, params, fixed));
  const used = new Set([...rest.flatMap(namesIn), ...(stdin === undefined ? [] : [stdin])]);
  const { key, concurrency } = table;
  const slotsOf = (slots: unknown): Readonly<Record<string, Slot<string>>> => slots as Readonly<Record<string, Slot<string>>>;
  return subprocess({
    id: name,
    wireName: name,
    title: name,
    group: table.group ?? '',
    description: table.description ?? '',
    effect: (table.effect ?? 'write') as Effect,
    confirm: table.requires_confirmation === true ? 'click' : 'none',
    sensitiveOutput: table.sensitive_output === true,
    timeout: (table.timeout ?? 0) * 1_000,
    allow: table.allow ?? [],
    ...(key === undefined ? {} : { serializeBy: () => key }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(table.limits === undefined ? {} : { limits: table.limits }),
    params: paramsSchema(params, used),
    file: (fixedText(program) ?? '') as AbsolutePath,
    argv: (slots) => dropEmptyOptions(rest, fixedText).map((word) => place(word, slotsOf(slots))),
    ...(stdin === undefined ? {} : { stdin: (slots: unknown) => slotsOf(slots)[stdin] as Slot<string> }),
  });
}

/** A parameter may override `docker_service_name`, so parameters come first (wire page 8.3). */
function fillFixed(word: TemplateWord, params: ReadonlyMap<string, ParamSpec>, fixed: ReadonlyMap<string, string>): TemplateWord {
  return word.map((piece) => ('name' in piece && !params.has(piece.name) ? { text: fixed.get(piece.name) ?? '' } : piece));
}

function place(word: TemplateWord, slots: Readonly<Record<string, Slot<string>>>): ArgvPart {
  const fixed = fixedText(word);
  if (fixed !== undefined) return fixed;
  const parts = word.map((piece) => ('text' in piece ? piece.text : (slots[piece.name] as Slot<string>)));
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : joined(...parts);
}

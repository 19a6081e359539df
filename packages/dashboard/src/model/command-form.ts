import type { CommandView, ParamSpec } from '../api/types.ts';

/** Longest pattern and value this page runs a pattern on: an agent's pattern is foreign code (SEC-113). */
const MAX_PATTERN_CHARS = 200;
const MAX_CHECKED_CHARS = 256;
/** A repeated group, a back reference, a look-around: where matching can take longer than the value is long. */
const COSTLY = /\)[*+{]|\\[1-9k]|\(\?[=!<]/;
const MAX_REPEATS = 3;

export interface FieldModel {
  readonly name: string;
  readonly description: string;
  readonly pattern: string | null;
  readonly defaultValue: string | null;
  readonly required: boolean;
  readonly secret: boolean;
}

export interface FormModel {
  readonly fields: readonly FieldModel[];
  readonly initial: Readonly<Record<string, string>>;
}

export interface CommandGroup {
  readonly name: string;
  readonly commands: readonly CommandView[];
}

/** A form for one command as its agent advertises it (hub page, section 11.6). Required parameters come first. */
export function formModel(command: CommandView): FormModel {
  const fields = Object.entries(command.params).map(([name, spec]) => fieldOf(name, spec));
  fields.sort((a, b) => Number(b.required) - Number(a.required));
  return { fields, initial: Object.fromEntries(fields.map((field) => [field.name, field.defaultValue ?? ''])) };
}

/** A command that needs nothing from the person but the click. */
export function runsAtOnce(command: CommandView): boolean {
  return !command.requires_confirmation && Object.keys(command.params).length === 0;
}

/**
 * What is sent: a value for every parameter the person filled. An empty one that has a default is left out, so the host
 * fills its own; a required one stays in, empty, so that the host's own rule decides.
 */
export function paramsToSend(model: FormModel, values: Readonly<Record<string, string>>): Record<string, string> {
  const params: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const field of model.fields) {
    const value = values[field.name] ?? '';
    if (value !== '' || field.required) params[field.name] = value;
  }
  return { ...params };
}

/** A courtesy check by name of parameter; the host's own check is the one that counts. */
export function courtesyErrors(model: FormModel, values: Readonly<Record<string, string>>): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const field of model.fields) {
    const value = values[field.name] ?? '';
    if (value === '') {
      if (field.required) errors[field.name] = 'Needed: this parameter has no default.';
    } else if (matches(field.pattern, value) === false) {
      errors[field.name] = 'Does not match the pattern the host asks for.';
    }
  }
  return errors;
}

/** Whether the whole value matches; null when the pattern is too long, not understood, or could run away. */
export function matches(pattern: string | null, value: string): boolean | null {
  if (pattern === null || pattern.length > MAX_PATTERN_CHARS || value.length > MAX_CHECKED_CHARS) return null;
  if (COSTLY.test(pattern) || (pattern.match(/[*+{]/g) ?? []).length > MAX_REPEATS) return null;
  try {
    return new RegExp(`^(?:${pattern})$`, 'u').test(value);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Groups by name in the order of their letters, commands too, so that buttons keep their places. */
export function commandGroups(commands: readonly CommandView[]): CommandGroup[] {
  const groups = new Map<string, CommandView[]>();
  for (const command of [...commands].sort((a, b) => compare(a.name, b.name))) {
    const group = groups.get(command.group);
    if (group === undefined) groups.set(command.group, [command]);
    else group.push(command);
  }
  return [...groups].map(([name, members]) => ({ name, commands: members })).sort((a, b) => compare(a.name, b.name));
}

function fieldOf(name: string, spec: ParamSpec): FieldModel {
  return {
    name,
    description: spec.description,
    pattern: spec.pattern,
    defaultValue: spec.default,
    required: spec.default === null,
    secret: /passw|secret|token|credential|private_?key|api_?key/i.test(name),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

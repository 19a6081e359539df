import type { CommandView, FormField, ParamSpec } from '../api/types.ts';
import { plainAmount } from './amount.ts';

/** One parameter as the form asks for it. `help` says the pattern in words, `defaultValue` is what the host fills in. */
export interface FieldModel {
  readonly name: string;
  readonly label: string;
  readonly type: FormField['type'];
  readonly description: string;
  readonly pattern: string | null;
  readonly help: string | null;
  readonly placeholder: string | null;
  readonly defaultValue: string | null;
  readonly choices: readonly { readonly value: string; readonly title: string }[];
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly maxChars: number | null;
  readonly required: boolean;
  readonly optionsFrom: NonNullable<FormField['options_from']> | null;
  readonly mayBeEmpty: boolean;
  readonly multiline: boolean;
  readonly secret: boolean;
  readonly widget: FormField['widget'] | null;
}

/** `isTold`: by the plugin, so that types and limits are the host's own, and not only a pattern for people. */
export interface FormModel {
  readonly isTold: boolean;
  readonly fields: readonly FieldModel[];
  readonly initial: Readonly<Record<string, string>>;
}

export interface CommandGroup {
  readonly name: string;
  readonly commands: readonly CommandView[];
}

const MAX_FIELDS = 64;

/**
 * A form for one command (hub page, section 11.6): as its plugin declares it, or as v1 advertises it. The order that the plugin gives
 * comes first, then what is required.
 */
export function formModel({ params, form }: CommandView): FormModel {
  const told = Object.entries(form?.params ?? {}).slice(0, MAX_FIELDS);
  const fields =
    form === null
      ? Object.entries(params).map(([name, spec]) => ({ field: v1Field(name, spec), order: Infinity }))
      : told.map(([name, field]) => ({ field: toldField(name, field), order: field.order ?? Infinity }));
  fields.sort((a, b) => compare(a.order, b.order) || Number(b.field.required) - Number(a.field.required));
  return {
    isTold: form !== null,
    fields: fields.map(({ field }) => field),
    initial: Object.fromEntries(fields.map(({ field }) => [field.name, initialOf(field)])),
  };
}

/** Whether the person has to type the host's name first: v1's own flag, and whatever cannot be taken back. */
export function needsConfirmation({ requires_confirmation, form }: CommandView): boolean {
  return requires_confirmation || form?.effect === 'destructive';
}

/** A command that needs nothing from the person but the click. */
export function runsAtOnce(command: CommandView): boolean {
  return !needsConfirmation(command) && Object.keys(command.params).length === 0;
}

/**
 * What is sent: a value for every parameter the person filled. An empty one that has a default is left out, so the host
 * fills its own; a required one stays in, empty, so that the host's own rule decides.
 */
export function paramsToSend(model: FormModel, values: Readonly<Record<string, string>>): Record<string, string> {
  const params: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const field of model.fields) {
    const value = values[field.name] ?? '';
    if (value !== '' || field.required) params[field.name] = spelled(field, value);
  }
  return { ...params };
}

/** What an unticked box says: nothing where the host may go without, else `false`. */
export function unticked({ defaultValue, required }: FieldModel): string {
  return defaultValue === null && !required ? '' : 'false';
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

function initialOf(field: FieldModel): string {
  if (field.defaultValue !== null) return field.defaultValue;
  return field.type === 'boolean' ? unticked(field) : '';
}

/** A number has one spelling on the wire (`1.50` is refused); what would not stay the same number goes as it was typed. */
function spelled(field: FieldModel, written: string): string {
  const { type } = field;
  if (type !== 'integer' && type !== 'number') return written;
  const value = plainAmount(field, written);
  const number = Number(value);
  const isPlain = value.trim() !== '' && (type === 'integer' ? Number.isSafeInteger(number) : Number.isFinite(number));
  return isPlain ? String(number === 0 ? 0 : number) : value;
}

function v1Field(name: string, spec: ParamSpec): FieldModel {
  return {
    ...PLAIN,
    name,
    label: name,
    description: spec.description,
    pattern: spec.pattern,
    defaultValue: spec.default,
    required: spec.default === null,
    secret: /passw|secret|token|credential|private_?key|api_?key/i.test(name),
  };
}

function toldField(name: string, field: FormField): FieldModel {
  return {
    name,
    label: field.title ?? name,
    type: field.type,
    description: field.description ?? '',
    pattern: field.pattern ?? null,
    help: field.help ?? null,
    placeholder: field.placeholder ?? null,
    defaultValue: field.default ?? null,
    choices: (field.choices ?? []).map(({ value, title }) => ({ value, title: title ?? value })),
    minimum: field.minimum ?? null,
    maximum: field.maximum ?? null,
    maxChars: field.max_chars ?? null,
    optionsFrom: field.options_from ?? null,
    required: field.required,
    mayBeEmpty: field.may_be_empty === true,
    multiline: field.multiline === true,
    secret: field.secret === true,
    widget: field.widget ?? null,
  };
}

/** What v1 does not tell. */
const PLAIN = {
  type: 'text',
  help: null,
  placeholder: null,
  choices: [],
  minimum: null,
  maximum: null,
  maxChars: null,
  optionsFrom: null,
  mayBeEmpty: false,
  multiline: false,
  widget: null,
} as const;

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import type { FieldModel } from '../model/command-form.ts';
import { amountUnit } from '../model/amount.ts';
import { unticked } from '../model/command-form.ts';
import type { OfferedOption } from '../model/offered-options.ts';
import { visibleText } from '../text/hostile.ts';

interface Props {
  readonly id: string;
  readonly field: FieldModel;
  readonly value: string;
  /** What the host's state offers; another value may be typed. */
  readonly options: readonly OfferedOption[];
  readonly invalid: boolean;
  readonly onChange: (value: string) => void;
  readonly onLeave: () => void;
}

/** The control for what a parameter is: a box to tick, a list, a number, an amount with its unit, a secret, an area or a line. */
export function ParamControl({ id, field, value, options, invalid, onChange, onLeave }: Props) {
  const common = {
    id,
    'aria-required': field.required,
    'aria-invalid': invalid,
    'aria-describedby': `${id}-hint ${id}-error`,
    'data-testid': `param-${field.name}`,
    'data-field': field.name,
    onBlur: onLeave,
  };
  if (field.type === 'boolean') {
    const tick = (ticked: boolean): void => onChange(ticked ? 'true' : unticked(field));
    return <input {...common} type="checkbox" checked={value === 'true'} onChange={(event) => tick(event.target.checked)} />;
  }
  if (field.type === 'choice')
    return (
      <select {...common} value={value} onChange={(event) => onChange(event.target.value)}>
        {field.defaultValue === null && <option value="">{field.required ? 'choose…' : 'not set'}</option>}
        {field.choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {visibleText(choice.title, 120)}
          </option>
        ))}
      </select>
    );
  const typed = {
    ...common,
    value,
    placeholder: visibleText(field.placeholder ?? field.defaultValue ?? (field.widget === 'path' ? '/…' : ''), 80),
    autoCapitalize: 'off',
    spellCheck: false,
    onChange: (event: { readonly target: { readonly value: string } }) => onChange(event.target.value),
  };
  if (amountUnit(field) === null && (field.type === 'integer' || field.type === 'number'))
    return (
      <input
        {...typed}
        type="number"
        min={field.minimum ?? undefined}
        max={field.maximum ?? undefined}
        step={field.type === 'integer' ? 1 : 'any'}
        autoComplete="off"
      />
    );
  if (field.secret) return <input {...typed} type="password" autoComplete="new-password" />;
  if (field.multiline) return <textarea {...typed} rows={4} autoComplete="off" />;
  if (options.length === 0) return <input {...typed} type="text" autoComplete="off" />;
  return (
    <>
      <input {...typed} type="text" autoComplete="off" list={`${id}-options`} />
      <datalist id={`${id}-options`}>
        {options.map((option) => (
          <option key={option.value} value={option.value} label={visibleText(option.label, 120)} />
        ))}
      </datalist>
    </>
  );
}

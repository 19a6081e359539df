import { useId } from 'react';
import type { FieldModel } from '../model/command-form.ts';
import { amountSaid } from '../model/amount.ts';
import { amountWords, rangeWords } from '../model/field-check.ts';
import type { OfferedOption } from '../model/offered-options.ts';
import { HostText } from './host-text.tsx';
import { ParamControl } from './param-control.tsx';

interface Props {
  readonly field: FieldModel;
  readonly value: string;
  readonly options: readonly OfferedOption[];
  readonly error: string | null;
  readonly onChange: (value: string) => void;
  readonly onLeave: () => void;
}

/** One parameter: what it is for, what the host expects, and what looks wrong, all joined to the field. */
export function ParamField({ field, value, options, error, onChange, onLeave }: Props) {
  const id = useId();
  const expected = expectedWords(field);
  const amount = amountSaid(field, value);
  return (
    <div className="field">
      <label htmlFor={id}>
        <HostText text={field.label} maxChars={64} />
        {field.label !== field.name && (
          <code className="param-name">
            <HostText text={field.name} maxChars={64} />
          </code>
        )}
        {field.required && <span className="required"> needed</span>}
      </label>
      <ParamControl
        id={id}
        field={field}
        value={value}
        options={options}
        invalid={error !== null}
        onChange={onChange}
        onLeave={onLeave}
      />
      <p id={`${id}-hint`} className="hint">
        {field.description !== '' && <HostText text={field.description} maxChars={300} />}
        {expected !== null && <HostText text={expected} maxChars={300} />}
        {expected === null && field.pattern !== null && (
          <span className="pattern">
            pattern <HostText text={field.pattern} maxChars={200} />
          </span>
        )}
        {amount !== null && <span className="pattern">{`= ${amount}`}</span>}
        {field.type !== 'boolean' && field.defaultValue !== null && field.defaultValue !== '' && (
          <span className="pattern">
            default <HostText text={field.defaultValue} maxChars={80} />
          </span>
        )}
      </p>
      <p id={`${id}-error`} className="field-error">
        {error !== null && (
          <>
            <span aria-hidden="true">▲ </span>
            <HostText text={error} maxChars={300} />
          </>
        )}
      </p>
    </div>
  );
}

/** What the host expects, where it can be said without a pattern. */
function expectedWords(field: FieldModel): string | null {
  const { type, help, minimum, maximum, widget } = field;
  if (help !== null) return help;
  const amount = amountWords(field);
  if (amount !== null) return `${amount}${rangeWords(minimum, maximum)}`;
  if (type === 'text' && widget === 'duration') return 'a period with its unit: 500ms, 15s, 5m, 1h';
  if (type === 'integer') return `a whole number${rangeWords(minimum, maximum)}`;
  return type === 'number' ? `a number${rangeWords(minimum, maximum)}` : null;
}

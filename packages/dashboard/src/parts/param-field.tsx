import { useId } from 'react';
import type { FieldModel } from '../model/command-form.ts';
import { visibleText } from '../text/hostile.ts';
import { HostText } from './host-text.tsx';

interface Props {
  readonly field: FieldModel;
  readonly value: string;
  readonly error: string | null;
  readonly onChange: (value: string) => void;
  readonly onLeave: () => void;
}

/** One parameter: what it is for, what the host expects, and what looks wrong, all joined to the field. */
export function ParamField({ field, value, error, onChange, onLeave }: Props) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>
        <HostText text={field.name} maxChars={64} />
        {field.required && <span className="required"> needed</span>}
      </label>
      <input
        id={id}
        type={field.secret ? 'password' : 'text'}
        value={value}
        placeholder={field.defaultValue === null ? '' : visibleText(field.defaultValue, 80)}
        aria-required={field.required}
        aria-invalid={error !== null}
        aria-describedby={`${id}-hint ${id}-error`}
        autoComplete={field.secret ? 'new-password' : 'off'}
        autoCapitalize="off"
        spellCheck={false}
        data-testid={`param-${field.name}`}
        onChange={(event) => onChange(event.target.value)}
        onBlur={onLeave}
      />
      <p id={`${id}-hint`} className="hint">
        {field.description !== '' && <HostText text={field.description} maxChars={300} />}
        {field.pattern !== null && (
          <span className="pattern">
            pattern <HostText text={field.pattern} maxChars={200} />
          </span>
        )}
        {field.defaultValue !== null && field.defaultValue !== '' && (
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

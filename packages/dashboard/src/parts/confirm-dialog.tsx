import { useLayoutEffect, useId, useRef, useState } from 'react';
import type { CommandView } from '../api/types.ts';
import { HostText } from './host-text.tsx';

interface Props {
  readonly agent: string;
  readonly command: CommandView;
  readonly params: Readonly<Record<string, string>>;
  readonly onCancel: () => void;
  readonly onConfirm: (phrase: string) => void;
}

/** The one dialog for what needs a second thought: the person types the host's name (hub page, section 11.3). */
export function ConfirmDialog({ agent, command, params, onCancel, onConfirm }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [phrase, setPhrase] = useState('');
  const id = useId();
  // Closed before it leaves the page, so that the browser hands the focus back to the button.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const matches = phrase === agent;
  return (
    <dialog
      ref={dialog}
      aria-labelledby={`${id}-title`}
      onCancel={(event) => {
        event.preventDefault();
        onCancel();
      }}
    >
      <h2 id={`${id}-title`}>
        Run <HostText text={command.name} maxChars={64} /> on <HostText text={agent} maxChars={64} />
      </h2>
      <p>
        <HostText text={command.description} maxChars={400} />
      </p>
      <p className="argv">
        <HostText text={command.template.join(' ')} maxChars={600} />
      </p>
      {Object.entries(params).length > 0 && (
        <dl className="facts">
          {Object.entries(params).map(([name, value]) => (
            <div key={name}>
              <dt>
                <HostText text={name} maxChars={64} />
              </dt>
              <dd>
                <HostText text={value} maxChars={200} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <p>
        {command.form?.effect === 'destructive'
          ? 'What it does cannot be taken back.'
          : 'Its operator asks for a confirmation, so it may change something that cannot be taken back.'}
      </p>
      <div className="field">
        <label htmlFor={id}>
          Type <strong>{agent}</strong> to go on
        </label>
        <input
          id={id}
          type="text"
          value={phrase}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          data-testid="confirm-phrase"
          onChange={(event) => setPhrase(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            if (matches) onConfirm(phrase);
          }}
        />
      </div>
      <div className="form-end">
        <button type="button" className="danger" disabled={!matches} data-testid="confirm-run" onClick={() => onConfirm(phrase)}>
          {`Run ${command.name} on ${agent}`}
        </button>
        <button type="button" className="quiet" onClick={onCancel}>
          Leave it
        </button>
      </div>
    </dialog>
  );
}

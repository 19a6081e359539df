import { useRef, useState, type FormEvent } from 'react';
import { ApiError } from '../api/problem.ts';
import type { AgentView, CommandForm as CommandFormTold, CommandView, PluginView, RunRequest } from '../api/types.ts';
import { formModel, needsConfirmation, paramsToSend } from '../model/command-form.ts';
import { courtesyErrors, firstInvalid } from '../model/field-check.ts';
import { offeredOptions } from '../model/offered-options.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { HostText } from './host-text.tsx';
import { Notice } from './notice.tsx';
import { ParamField } from './param-field.tsx';
import type { useStartRun } from './use-start-run.ts';

interface Props {
  readonly agent: AgentView;
  readonly command: CommandView;
  /** Whose states fill what fields offer. */
  readonly plugins: readonly PluginView[];
  readonly start: ReturnType<typeof useStartRun>;
}

/** One form for any command, made from what its agent advertises (hub page, section 11.6). */
export function CommandForm({ agent, command, plugins, start }: Props) {
  const model = formModel(command);
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [confirming, setConfirming] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const values = { ...model.initial, ...typed };
  const errors = courtesyErrors(model, values);
  const confirms = needsConfirmation(command);
  const refused = start.error instanceof ApiError ? start.error : null;

  const request = (confirm?: string): RunRequest => ({
    agent: agent.id,
    command: command.name,
    params: paramsToSend(model, values),
    ...(confirm === undefined ? {} : { confirm }),
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const invalid = firstInvalid(model, values);
    if (invalid !== -1) {
      setLeft(new Set(model.fields.map((field) => field.name)));
      form.current?.querySelectorAll<HTMLElement>('[data-field]')[invalid]?.focus();
      return;
    }
    if (confirms) setConfirming(true);
    else start.mutate(request());
  };

  return (
    <form ref={form} className="command-form" onSubmit={submit} noValidate aria-label={`Run ${command.name}`} autoComplete="off">
      {command.form !== null && (
        <p className="command-title">
          <HostText text={command.form.title} maxChars={120} /> <EffectWord effect={command.form.effect} />
        </p>
      )}
      <p className="command-description">
        <HostText text={command.description === '' ? 'The host gives no description.' : command.description} maxChars={400} />
      </p>
      <p className="argv" title="As the host advertises it; the host fills the places in braces">
        <span className="sr-only">What will run: </span>
        <HostText text={command.template.join(' ')} maxChars={600} />
      </p>
      {model.fields.length > 0 && (
        <div className="fields">
          {model.fields.map((field) => (
            <ParamField
              key={field.name}
              field={field}
              value={values[field.name] ?? ''}
              options={offeredOptions(field, plugins)}
              error={refused?.fields[field.name] ?? (left.has(field.name) ? (errors[field.name] ?? null) : null)}
              onChange={(value) => setTyped((known) => ({ ...known, [field.name]: value }))}
              onLeave={() => setLeft((known) => new Set([...known, field.name]))}
            />
          ))}
        </div>
      )}
      <div className="form-end">
        <button type="submit" className="primary" disabled={start.isPending} data-testid="run-submit">
          {start.isPending ? 'Asking the hub…' : confirms ? `Run ${command.name}…` : `Run ${command.name}`}
        </button>
        <span className="muted">
          {`${command.long_running ? 'A job: it reports when it ends' : `At most ${command.timeout} s`}. The host checks every value itself.`}
        </span>
      </div>
      {start.isError && (
        <Notice title={refused?.title ?? 'It was not sent'} tone="bad">
          <p>
            <HostText text={refused?.detail ?? String(start.error)} maxChars={400} /> <code>{refused?.code ?? ''}</code>
          </p>
          {refused?.status === 0 && <p>Trying the same again is safe: the hub runs it once at most.</p>}
        </Notice>
      )}
      {confirming && (
        <ConfirmDialog
          agent={agent.id}
          command={command}
          params={paramsToSend(model, values)}
          onCancel={() => setConfirming(false)}
          onConfirm={(phrase) => {
            setConfirming(false);
            start.mutate(request(phrase));
          }}
        />
      )}
    </form>
  );
}

function EffectWord({ effect }: { readonly effect: CommandFormTold['effect'] }) {
  return (
    <span className={`chip effect-${effect}`} data-testid="command-effect">
      {EFFECT_WORDS[effect]}
    </span>
  );
}

const EFFECT_WORDS = { read: 'only looks', write: 'changes something', destructive: 'cannot be taken back' } as const;

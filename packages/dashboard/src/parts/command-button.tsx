import type { CommandView } from '../api/types.ts';
import { needsConfirmation, runsAtOnce } from '../model/command-form.ts';
import { visibleText } from '../text/hostile.ts';
import { HostText } from './host-text.tsx';

interface Props {
  readonly command: CommandView;
  readonly chosen: boolean;
  readonly onChoose: (command: CommandView) => void;
}

/** A command's button: ▶ runs at once, … opens a form, ! asks for the host's name first. */
export function CommandButton({ command, chosen, onChoose }: Props) {
  const [sign, hint] = needsConfirmation(command)
    ? ['!', 'asks for confirmation']
    : runsAtOnce(command)
      ? ['▶', 'runs at once']
      : ['…', 'opens a form'];
  return (
    <button
      type="button"
      className={chosen ? 'command chosen' : 'command'}
      aria-pressed={chosen}
      title={`${visibleText(command.form?.title ?? command.description, 200)} (${hint})`}
      data-testid={`command-button-${command.name}`}
      onClick={() => onChoose(command)}
    >
      <span aria-hidden="true" className="command-sign">
        {sign}
      </span>
      <HostText text={command.name} maxChars={64} />
      <span className="sr-only">{`, ${hint}`}</span>
    </button>
  );
}

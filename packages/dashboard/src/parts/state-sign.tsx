import type { Words } from '../model/run-words.ts';
import { visibleText } from '../text/hostile.ts';

interface Props {
  readonly words: Words;
  readonly testId?: string;
}

/** A state: shape, word and colour together, its meaning on hover. */
export function StateSign({ words, testId }: Props) {
  return (
    <span className={`sign ${words.tone}`} title={words.meaning} data-testid={testId}>
      {visibleText(words.word, 60)}
    </span>
  );
}

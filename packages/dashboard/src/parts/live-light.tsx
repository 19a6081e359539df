import type { StreamState } from '../api/stream.ts';
import type { Tone } from '../model/run-words.ts';
import { useHub } from './hub-context.tsx';

const LIGHTS: Readonly<Record<StreamState, readonly [tone: Tone, words: string]>> = {
  connecting: ['wait', 'connecting'],
  live: ['ok', 'live'],
  reconnecting: ['warn', 'reconnecting, showing what was known'],
};

/** Tells the truth about the stream: nothing on the page is newer than this light says. */
export function LiveLight() {
  const [tone, words] = LIGHTS[useHub().stream];
  return (
    <span className={`sign ${tone} live-light`} role="status" data-testid="live-light">
      {words}
    </span>
  );
}

import type { StreamState } from '../api/stream.ts';
import { useHub } from './hub-context.tsx';

const LIGHTS: Readonly<Record<StreamState, readonly [tone: string, shape: string, words: string]>> = {
  connecting: ['wait', '⧗', 'connecting'],
  live: ['ok', '●', 'live'],
  reconnecting: ['warn', '◐', 'reconnecting, showing what was known'],
};

/** Tells the truth about the stream: nothing on the page is newer than this light says. */
export function LiveLight() {
  const [tone, shape, words] = LIGHTS[useHub().stream];
  return (
    <span className={`sign ${tone} live-light`} role="status" data-testid="live-light">
      <span aria-hidden="true" className="shape">
        {shape}
      </span>
      {words}
    </span>
  );
}

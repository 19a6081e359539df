import { useSyncExternalStore } from 'react';
import { useHub } from './hub-context.tsx';

/** The time, renewed each tick. Keep it in small components: each tick renders the ones that ask. */
export function useNow(): number {
  const { clock } = useHub();
  return useSyncExternalStore(clock.subscribe, clock.nowMs, clock.nowMs);
}

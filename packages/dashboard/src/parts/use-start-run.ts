import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { applyRun } from '../api/live-cache.ts';
import { ApiError } from '../api/problem.ts';
import type { RunRequest } from '../api/types.ts';
import { useHub } from './hub-context.tsx';

/**
 * Asks the hub for a run. When no answer came, trying the same thing again carries the same key, so that it cannot run twice;
 * after any answer the next click is a new wish.
 */
export function useStartRun(onStarted: (runId: string) => void) {
  const { client } = useHub();
  const cache = useQueryClient();
  const unanswered = useRef<{ readonly wish: string; readonly key: string } | null>(null);
  return useMutation({
    mutationFn: (request: RunRequest) => {
      const wish = JSON.stringify(request);
      const key = unanswered.current?.wish === wish ? unanswered.current.key : newKey();
      unanswered.current = { wish, key };
      return client.startRun(request, key);
    },
    onSuccess: (run) => {
      unanswered.current = null;
      applyRun(cache, run);
      onStarted(run.id);
    },
    onError: (error) => {
      if (error instanceof ApiError && error.status !== 0) unanswered.current = null;
    },
  });
}

/** 128 random bits; `randomUUID` is missing where the page is not served from this machine or over HTTPS. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { applyRun } from '../api/live-cache.ts';
import { ApiError } from '../api/problem.ts';
import { agentsQuery } from '../api/queries.ts';
import type { RunView } from '../api/types.ts';
import { isCancellable } from '../model/run-words.ts';
import { HostText } from './host-text.tsx';
import { useHub } from './hub-context.tsx';
import { newKey } from './use-start-run.ts';

/** Ends a command that waits or runs, where the host's agent can. */
export function CancelButton({ run }: { readonly run: RunView }) {
  const { client } = useHub();
  const cache = useQueryClient();
  const agents = useQuery(agentsQuery(client));
  const cancel = useMutation({
    mutationFn: () => client.cancelRun(run.agent, run.target?.request_id ?? '', newKey()),
    onSuccess: (order) => applyRun(cache, order),
  });
  const features = agents.data?.items.find(({ id }) => id === run.agent)?.features ?? [];
  if (!isCancellable(run, features)) return null;
  return (
    <>
      <button
        type="button"
        className="quiet"
        disabled={cancel.isPending || cancel.isSuccess}
        data-testid="cancel-run"
        onClick={() => cancel.mutate()}
      >
        {cancel.isSuccess ? 'Cancelling' : 'Cancel'}
      </button>
      {cancel.isError && (
        <span className="run-fact" role="alert">
          <HostText text={cancel.error instanceof ApiError ? cancel.error.detail : String(cancel.error)} maxChars={200} />
        </span>
      )}
    </>
  );
}

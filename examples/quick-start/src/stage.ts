import type { PeopleApi, RunView } from './people-api.ts';
import type { Stack } from './stack.ts';
import { until } from './until.ts';

/** What the rehearsal has to hand. */
export interface Stage extends Stack {
  readonly api: PeopleApi;
}

/** One thing shown: a title, and what to show for it. `show` rejects when it did not hold. */
export interface Step {
  readonly title: string;
  readonly show: (stage: Stage) => Promise<string>;
}

const WAIT_MS = 15_000;

/** Orders a command as a person does, and waits for its end. */
export async function run(
  { api, agentId }: Stage,
  command: string,
  params: Readonly<Record<string, string>>,
  confirm?: string,
): Promise<RunView> {
  const started = await api.post<RunView>('/runs', {
    agent: agentId,
    command,
    params,
    ...(confirm === undefined ? {} : { confirm }),
  });
  return await until(`the result of ${command}`, WAIT_MS, async () => {
    const view = await api.get<RunView>(`/runs/${started.id}`);
    return view.ended_at === null ? undefined : view;
  });
}

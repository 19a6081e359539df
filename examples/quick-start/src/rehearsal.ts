import { listeningSockets } from './listening-sockets.ts';
import type { AgentEvent, AgentView } from './people-api.ts';
import { PLUGIN_STEPS } from './rehearsal-plugins.ts';
import { run } from './stage.ts';
import type { Stage, Step } from './stage.ts';
import { until } from './until.ts';

const WAIT_MS = 15_000;

export const STEPS: readonly Step[] = [
  { title: 'The agent registers over mTLS', show: registered },
  { title: "This host's figures arrive", show: figures },
  { title: 'An allowed command runs', show: uptime },
  { title: 'A command that leaves a mark runs', show: marked },
  { title: 'The same frame again is refused', show: replayed },
  { title: 'One changed byte is refused', show: altered },
  { title: 'A frame from the future is refused', show: (stage) => misdated(stage, 3_600, 'future_dated') },
  { title: 'An old frame is refused', show: (stage) => misdated(stage, -3_600, 'too_old') },
  { title: 'An unlisted command is refused', show: unlisted },
  { title: 'A hostile parameter is refused', show: hostile },
  ...PLUGIN_STEPS,
  { title: 'The agent holds no listening socket', show: silent },
];

async function registered(stage: Stage): Promise<string> {
  await until('the registration', WAIT_MS, async () => ((await agent(stage))?.liveness.link.state === 'up' ? true : undefined));
  return `${stage.agentId}, ${stage.registeredMs} ms after its start`;
}

async function figures(stage: Stage): Promise<string> {
  const found = await until('a metrics push', WAIT_MS, async () => (await agent(stage))?.figures ?? undefined);
  for (const [name, value] of Object.entries(found)) {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${name} is ${value}`);
  }
  if (found.memory_total_mb <= 0 || found.uptime_seconds <= 0) throw new Error('memory or uptime is zero');
  const n = (value: number): string => value.toFixed(1);
  return [
    `CPU ${n(found.cpu_percent)} %`,
    `memory ${n(found.memory_percent)} % of ${Math.round(found.memory_total_mb)} MiB`,
    `disk ${n(found.disk_percent)} % of ${Math.round(found.disk_total_gb)} GiB`,
    `load ${found.load_avg_1m.toFixed(2)} ${found.load_avg_5m.toFixed(2)}`,
    `up ${(found.uptime_seconds / 3_600).toFixed(1)} h`,
  ].join(', ');
}

async function uptime(stage: Stage): Promise<string> {
  const result = (await run(stage, 'uptime', {})).target.result;
  if (result?.success !== true || result.stdout.trim() === '') throw new Error(`uptime answered ${JSON.stringify(result)}`);
  return `uptime: ${result.stdout.trim()}`;
}

async function marked(stage: Stage): Promise<string> {
  const before = await stage.folder.countMarks();
  const result = (await run(stage, 'mark', {}, stage.agentId)).target.result;
  const after = await stage.folder.countMarks();
  if (result?.success !== true || after !== before + 1)
    throw new Error(`${after - before} marks were left, one was expected; ${JSON.stringify(result)}`);
  return `one mark left: ${result.stdout.trim()}`;
}

async function replayed(stage: Stage): Promise<string> {
  const { hub, folder, agentId } = stage;
  const frame = await sign(stage, 'mark', 0);
  const before = await folder.countMarks();
  await hub.ask({ op: 'send', agentId, text: frame });
  await until('the first run of the frame', WAIT_MS, async () => ((await folder.countMarks()) > before ? true : undefined));
  return await refused(stage, frame, 'replayed_nonce');
}

async function altered(stage: Stage): Promise<string> {
  const frame = await sign(stage, 'mark', 0);
  return await refused(
    stage,
    frame.replace(/("hmac":"\w+)(\w)"/u, (_, head: string, last: string) => `${head}${last === '0' ? '1' : '0'}"`),
    'bad_signature',
  );
}

async function misdated(stage: Stage, shiftSeconds: number, reason: string): Promise<string> {
  return await refused(stage, await sign(stage, 'mark', shiftSeconds), reason);
}

async function unlisted(stage: Stage): Promise<string> {
  const { hub, agentId } = stage;
  const frame = await sign(stage, 'reboot_now', 0);
  const { id } = JSON.parse(frame) as { readonly id: string };
  await hub.ask({ op: 'send', agentId, text: frame });
  const event = await eventOf(stage, 'whitelist_rejection', id);
  return `the agent reported ${event.kind} for "${String(event.body['command'])}"`;
}

async function hostile(stage: Stage): Promise<string> {
  const values = ['--help', '$(id)', 'a b', '..', 'x\nreboot'];
  for (const word of values) {
    const { result } = (await run(stage, 'say', { word })).target;
    if (result?.failure_reason !== 'validation_failed')
      throw new Error(`${JSON.stringify(word)} was not refused: ${JSON.stringify(result)}`);
  }
  return `${values.map((value) => JSON.stringify(value)).join(', ')}: validation_failed each`;
}

async function silent({ agent: { pid } }: Stage): Promise<string> {
  const found = await listeningSockets(pid);
  if (found.length > 0) throw new Error(`it listens: ${found.join(', ')}`);
  return `none among its processes (pid ${pid})`;
}

/** Sends a frame that must not run: the agent's own event says so, and no further mark is there. */
async function refused(stage: Stage, frame: string, reason: string): Promise<string> {
  const { hub, folder, agentId } = stage;
  const { id } = JSON.parse(frame) as { readonly id: string };
  const before = await folder.countMarks();
  const noMore = async (): Promise<void> => {
    const more = (await folder.countMarks()) - before;
    if (more > 0) throw new Error(`it ran: ${more} more mark(s)`);
  };
  await hub.ask({ op: 'send', agentId, text: frame });
  const { body } = await eventOf(stage, 'signature_failure', id, noMore);
  await noMore();
  const said = String(body['failure_reason']);
  if (said !== reason) throw new Error(`the agent said ${said}, ${reason} was expected`);
  return `the agent reported ${reason}, and no second mark is there`;
}

/** The agent's event about a frame; `meanwhile` rejects when there is no use in waiting on. */
async function eventOf(
  { api, agentId }: Stage,
  kind: string,
  ref: string,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<AgentEvent> {
  return await until(`an event ${kind} of the agent`, 5_000, async () => {
    await meanwhile();
    const { items } = await api.get<{ readonly items: readonly AgentEvent[] }>(`/agents/${agentId}/events?limit=100`);
    return items.find((event) => event.kind === kind && event.body['command_ref'] === ref);
  });
}

async function sign({ hub, agentId }: Stage, command: string, shiftSeconds: number): Promise<string> {
  return await hub.ask({ op: 'sign', agentId, command, params: {}, shiftSeconds });
}

async function agent({ api, agentId }: Stage): Promise<AgentView | undefined> {
  const { items } = await api.get<{ readonly items: readonly AgentView[] }>('/agents');
  return items.find((view) => view.id === agentId);
}

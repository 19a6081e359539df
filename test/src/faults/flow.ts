import type { WireMessage } from '../doubles/v1-wire.ts';
import type { FaultHost } from './fault-host.ts';
import { eventually } from './scenario.ts';

/** Marking commands sent to a host, and what became of them. */
export class Flow {
  readonly #host: FaultHost;
  /** Frames by label. */
  readonly sent = new Map<string, WireMessage>();
  replayed = 0;

  constructor(host: FaultHost) {
    this.#host = host;
  }

  /** Sends one more command that marks and then takes `seconds`. False when no agent is connected. */
  order(seconds: number): boolean {
    const label = `t${this.sent.size}`;
    const frame = this.#host.hub.request('mark', { label, seconds: String(seconds) });
    if (!this.#host.hub.send(frame)) return false;
    this.sent.set(label, frame);
    return true;
  }

  /** Sends the same bytes once more. */
  replay(frame: WireMessage): void {
    if (this.#host.hub.send(frame)) this.replayed += 1;
  }

  /** Commands that left a mark and have no answer. */
  unanswered(): string[] {
    const { answers } = this.#host.hub;
    return [...this.#host.marks().keys()].filter((label) => !answers.has(this.sent.get(label)?.id ?? ''));
  }

  /** Waits until every command that ran is answered. */
  async settle(ms: number): Promise<void> {
    await eventually(() => this.unanswered().length === 0, ms);
  }

  /** The counts, and each way in which the promise was broken. */
  verdict(): { readonly counts: Record<string, number>; readonly broken: string[] } {
    const { answers } = this.#host.hub;
    const marks = this.#host.marks();
    const twice = [...marks].filter(([, times]) => times > 1).map(([label]) => label);
    const lost = this.unanswered();
    const all = [...answers.values()];
    const reasons = (reason: unknown): number =>
      all.filter(({ payloads }) => [...payloads.values()].some((payload) => payload['failure_reason'] === reason)).length;
    const differing = [...answers].filter(([, { payloads }]) => payloads.size > 1).map(([id]) => id);
    const untrue = [...this.sent].filter(
      ([label, { id }]) =>
        !marks.has(label) && [...(answers.get(id)?.payloads.values() ?? [])].some((payload) => payload['success'] === true),
    );
    const broken = [
      ...twice.map((label) => `${label} ran ${marks.get(label)} times`),
      ...lost.map((label) => `${label} ran and its result was lost`),
      ...differing.map((id) => `${id} had two different results: ${[...(answers.get(id)?.payloads.keys() ?? [])].join(' and ')}`),
      ...untrue.map(([label]) => `${label} was called a success and left no mark`),
    ];
    return {
      counts: {
        'commands sent': this.sent.size,
        'commands that ran': marks.size,
        'run twice': twice.length,
        answered: answers.size,
        'of them interrupted': reasons('interrupted'),
        'results delivered again': all.reduce((sum, { received, payloads }) => sum + received - payloads.size, 0),
        'results lost': lost.length,
        'replays sent': this.replayed,
      },
      broken,
    };
  }
}

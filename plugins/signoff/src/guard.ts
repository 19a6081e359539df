import type { CommandGate, Events, GateAnswer, Logger } from '@stormpulse/sdk';
import { BLOCKS } from './blocks.ts';
import { hatchClosed, hatchOpened, hatchUsed } from './events.ts';
import type { Hatch, HatchState } from './hatch.ts';

export interface GuardOptions {
  readonly hatch: Hatch;
  readonly letRunningFinish: boolean;
  readonly events: Pick<Events, 'emit'>;
  readonly logger: Logger;
}

const OPEN_IT = 'its operator opens it on the host: stormpulse signoff unseal, then a restart of the agent';

/**
 * Lets blocks pass while the opening that was there when this agent started is in force (design D3): one that is made later needs a
 * restart, and closing is seen at once. What is closed is closed for v1 as well.
 */
export class HatchGuard {
  readonly #options: GuardOptions;
  /** The opening in force. */
  #opening: string | undefined;
  #closing = new AbortController();
  #trouble = '';

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** The agent has started: from here on only what is open now can be used. */
  begin(): void {
    const state = this.look();
    if (state.sealed) return;
    const { id, by, why, expiresAt } = state.opening;
    this.#opening = id;
    this.#closing = new AbortController();
    this.#options.events.emit(hatchOpened, { opening: id, by, why, until: new Date(expiresAt).toISOString() });
  }

  /** Reads how the hatch stands and does what follows from it. */
  look(): HatchState {
    const state = this.#options.hatch.state();
    if (this.#opening !== undefined && (state.sealed || state.opening.id !== this.#opening))
      this.#closed(this.#opening, state.sealed ? state.why : 'it was opened anew');
    if (state.sealed && !state.flagged) this.#sealForV1();
    return state;
  }

  get gate(): CommandGate {
    return {
      admit: ({ command, sequence }) => Promise.resolve(this.#answer(command, sequence)),
      allow: ({ command, requestId }) => {
        const answer = this.#answer(command);
        if (answer.allow && BLOCKS.has(command)) this.#options.events.emit(hatchUsed, { command, command_ref: requestId });
        return Promise.resolve(answer);
      },
    };
  }

  #answer(command: string, sequence: readonly string[] = []): GateAnswer {
    if (!BLOCKS.has(command)) return { allow: true };
    const state = this.look();
    if (state.sealed)
      return {
        allow: false,
        failureReason: 'signoff_sealed',
        reason: `the hatch of this host is closed: ${state.why}; ${OPEN_IT}`,
      };
    if (state.opening.id !== this.#opening)
      return {
        allow: false,
        failureReason: 'restart_required',
        reason: 'the hatch of this host was opened after its agent started; it counts from the next start of the agent on',
      };
    if (sequence.length > 1)
      return { allow: false, reason: `${command} runs alone, never in a sequence with other commands; send it by itself` };
    return this.#options.letRunningFinish ? { allow: true } : { allow: true, until: this.#closing.signal };
  }

  #closed(opening: string, why: string): void {
    this.#opening = undefined;
    this.#closing.abort(new Error(`the hatch of this host was closed: ${why}`));
    this.#options.logger.warn({ why }, 'the hatch is closed');
    this.#options.events.emit(hatchClosed, { opening, why });
  }

  /** v1 reads a missing flag as open, so a host that went back would find it open (D1). */
  #sealForV1(): void {
    try {
      this.#options.hatch.close();
      this.#trouble = '';
    } catch (error) {
      const trouble = String(error);
      if (trouble !== this.#trouble)
        this.#options.logger.error(
          { err: error },
          'signoff.sealed was not written; a v1 agent on this folder would find its hatch open',
        );
      this.#trouble = trouble;
    }
  }
}

import type { Effect } from './command.ts';

/** What a gate is told of a command. */
export interface GatedCommand {
  /** Wire name. */
  readonly command: string;
  /** Whose it is. */
  readonly plugin: string;
  readonly effect: Effect;
}

export type GateAnswer =
  | {
      readonly allow: true;
      /** Ends the call when it is aborted, and says why. Only of a plugin that runs in the agent. */
      readonly until?: AbortSignal;
    }
  | {
      readonly allow: false;
      readonly reason: string;
      /** What the hub reads as `failure_reason`: small letters, digits and `_`. Default: `validation_failed`. */
      readonly failureReason?: string;
    };

/**
 * A veto over commands, conjunctive: any denial wins, and none allows what another gate, or the kernel, denied. One that throws,
 * rejects or takes longer than 5 s denies.
 */
export interface CommandGate {
  /**
   * Asked when the table of commands is built: a command it denies is in neither the table nor `register`. Asked again before anything
   * runs of a sequence, whose commands are in `sequence`, and when the hub names a command that was denied. Default: admits all.
   */
  readonly admit?: (command: GatedCommand & { readonly sequence?: readonly string[] }) => Promise<GateAnswer>;
  /** Asked before each call runs. */
  readonly allow: (call: GatedCommand & { readonly requestId: string }) => Promise<GateAnswer>;
}

/** What a plugin used until now; undefined where it cannot be told. */
export interface Usage {
  readonly cpuMs?: number;
  readonly bytes?: number;
}

/** A process or a thread that runs one plugin, and the line to it. */
export interface Carrier {
  send(frame: string): void;
  /** Looked at while it runs. */
  usage(): Usage | undefined;
  /** Resolves when it is gone: asked first, then made to. Everything it started goes with it. */
  end(): Promise<void>;
  /** Reads nothing more of it. */
  deafen(): void;
}

export interface CarrierEvents {
  /** What came in one read: so many bytes, and the frames that are complete. */
  readonly onFrames: (frames: readonly string[], bytes: number) => void;
  /** In words that follow its name: `it sent …`, `it exited …`. Once. */
  readonly onEnd: (why: string) => void;
  readonly onBroken: (why: string) => void;
  readonly onOutput: (chunk: string) => void;
}

/** Starts what will run one plugin. `capabilities`: what was granted of the file system, when it is known. */
export type StartCarrier = (events: CarrierEvents) => Carrier;

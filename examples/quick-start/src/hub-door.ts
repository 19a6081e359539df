/** What the parent may ask of the hub's process. The door is the pipe between the two: nobody else can use it. */
export type HubRequest =
  | { readonly op: 'setup-link' }
  | { readonly op: 'token'; readonly agentId: string }
  | {
      readonly op: 'sign';
      readonly agentId: string;
      readonly command: string;
      readonly params: Readonly<Record<string, string>>;
      readonly shiftSeconds: number;
    }
  | { readonly op: 'send'; readonly agentId: string; readonly text: string }
  /** Answers `yes` or `no`. */
  | { readonly op: 'connected'; readonly agentId: string };

export interface HubReady {
  readonly ready: true;
  readonly agentsUrl: string;
  readonly peopleUrl: string;
}

/** `code` is the HubError's. */
export interface HubAnswer {
  readonly id: number;
  readonly value?: string;
  readonly error?: { readonly code: string | undefined; readonly message: string };
}

export interface HubCall {
  readonly id: number;
  readonly request: HubRequest;
}

/** The hub's own refusal, as it came through the door. */
export class HubRefused extends Error {
  readonly code: string | undefined;

  constructor(code: string | undefined, message: string) {
    super(message);
    this.name = 'HubRefused';
    this.code = code;
  }
}

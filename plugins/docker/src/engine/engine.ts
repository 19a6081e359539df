import { Type, isAgentError } from '@stormpulse/sdk';
import type { HttpClient, HttpRequest, Infer, TSchema } from '@stormpulse/sdk';
import { negotiate } from './version.ts';

const Version = Type.Object({
  Version: Type.String(),
  ApiVersion: Type.String(),
  MinAPIVersion: Type.String({ default: '1.12' }),
  Os: Type.String({ default: '' }),
  Arch: Type.String({ default: '' }),
});

/** What an engine says of itself, and the API version spoken with it. */
export interface EngineFacts {
  readonly version: string;
  readonly api: string;
  readonly platform: string;
}

/** The Engine API, every path under the version that was negotiated. Rejects with `E_HTTP_*`, `E_DOCKER_*`. */
export class Engine {
  readonly #client: HttpClient;
  #facts: Promise<EngineFacts> | undefined;

  constructor(client: HttpClient) {
    this.#client = client;
  }

  /** Asked once, and again after the engine could not be reached or refused the version: another one may answer then. */
  async facts(): Promise<EngineFacts> {
    const asked = (this.#facts ??= this.#ask());
    try {
      return await asked;
    } catch (error) {
      this.#forget(asked);
      throw error;
    }
  }

  /** The same, whatever it said before. */
  async factsAnew(): Promise<EngineFacts> {
    this.#facts = undefined;
    return await this.facts();
  }

  async json<R extends TSchema>(request: HttpRequest, shape: R): Promise<Infer<R>> {
    return await this.#versioned(request, (versioned) => this.#client.json(versioned, shape));
  }

  async text(request: HttpRequest): Promise<string> {
    return await this.#versioned(request, (versioned) => this.#client.text(versioned));
  }

  async stream(request: HttpRequest, onPiece: (piece: Uint8Array) => void): Promise<void> {
    await this.#versioned(request, (versioned) => this.#client.stream(versioned, onPiece));
  }

  async #versioned<T>(request: HttpRequest, ask: (versioned: HttpRequest) => Promise<T>): Promise<T> {
    const { api } = await this.facts();
    const asked = this.#facts;
    try {
      return await ask({ ...request, path: `/v${api}${request.path}` });
    } catch (error) {
      if (mayBeAnother(error)) this.#forget(asked);
      throw error;
    }
  }

  async #ask(): Promise<EngineFacts> {
    const { Version: version, ApiVersion, MinAPIVersion, Os, Arch } = await this.#client.json({ path: '/version' }, Version);
    return { version, api: negotiate(ApiVersion, MinAPIVersion), platform: [Os, Arch].filter((part) => part !== '').join('/') };
  }

  #forget(asked: Promise<EngineFacts> | undefined): void {
    if (this.#facts === asked) this.#facts = undefined;
  }
}

/** Whether another engine may answer now: this one was away, or does not take the version that was agreed on. */
function mayBeAnother(error: unknown): boolean {
  if (!isAgentError(error)) return false;
  const { code, details } = error;
  return (
    code === 'E_HTTP_UNREACHABLE' ||
    (code === 'E_HTTP_STATUS' && /too (?:old|new).+API version/u.test(String(details['excerpt'])))
  );
}

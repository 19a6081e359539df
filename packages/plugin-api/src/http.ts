import type { Infer, TSchema } from './schema.ts';

export interface HttpRequest {
  /** Default: GET. */
  readonly method?: string;
  /** From the root of the origin, query included. */
  readonly path: `/${string}`;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default: 10 s, to the end of the answer. */
  readonly timeoutMs?: number;
  /** Of the answer. Default: 4 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** Talks to one origin. Each member rejects with `E_HTTP_UNREACHABLE`, `E_HTTP_STATUS`, `E_HTTP_SHAPE`, `E_HTTP_TOO_LARGE`. */
export interface HttpClient {
  /** The schema is not optional: a peer's JSON is untrusted input. Keys it does not name are left out. */
  json<R extends TSchema>(request: HttpRequest, response: R): Promise<Infer<R>>;
  text(request: HttpRequest): Promise<string>;
  /**
   * An answer that goes on: each piece as it comes, the next when the promise of the one before is kept. Resolves at the end of
   * the answer; has no deadline and no cap of its own.
   */
  stream(request: HttpRequest, onPiece: (piece: Uint8Array) => void | Promise<void>): Promise<void>;
}

export interface Http {
  /**
   * A client of an origin that the plugin was granted: `http://127.0.0.1:3903`, `https://…`, `unix:/run/docker.sock`. Redirects are
   * not followed. `headers` are asked for with each request. Throws `E_GRANT_HTTP`.
   */
  client(origin: string, defaults?: { readonly headers?: () => Promise<Readonly<Record<string, string>>> }): HttpClient;
}

/** Bounds on one JSON text, checked while reading (SEC-050). */
export interface JsonLimits {
  /** Containers inside each other, the top-level object included. */
  readonly maxDepth: number;
  /** Values of any kind. */
  readonly maxNodes: number;
  readonly maxKeysPerObject: number;
}

/** What an agent accepts from a hub. */
export const AGENT_JSON_LIMITS: JsonLimits = { maxDepth: 32, maxNodes: 20_000, maxKeysPerObject: 1_000 };

/** What a hub accepts from an agent. */
export const HUB_JSON_LIMITS: JsonLimits = { maxDepth: 32, maxNodes: 200_000, maxKeysPerObject: 10_000 };

/** Largest frame a hub accepts, in bytes; beyond it the socket closes with 1009. */
export const MAX_HUB_FRAME_BYTES = 4 * 1024 * 1024;

/** `id`, `nonce`, `sequence_id` and command names, in code points (SEC-053). */
export const MAX_NAME_CODE_POINTS = 128;

/** Parameters of one request (SEC-053). */
export const MAX_PARAMS = 32;

/** Names in one sequence (SEC-053). */
export const MAX_SEQUENCE_COMMANDS = 32;

/** How far in the future a signed message may be dated, in seconds (SEC-059). */
export const MAX_FUTURE_SECONDS = 5;

/** Default and permitted range of `command_max_age_seconds` (SEC-059). */
export const COMMAND_MAX_AGE_SECONDS = { default: 60, min: 5, max: 3600 } as const;

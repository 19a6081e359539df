/** A value read from JSON. Objects have no prototype. */
export type JsonValue = null | boolean | number | string | JsonObject | JsonArray;

/** An object read from JSON; made without a prototype (SEC-051). */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** An array read from JSON. */
export type JsonArray = readonly JsonValue[];

/** True for objects, false for arrays and null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * An empty object that inherits nothing: no `constructor`, no `toString`, no `__proto__` setter (SEC-051). Its prototype is one
 * frozen empty object without a prototype, because engines keep `Object.create(null)` itself in slow dictionary mode.
 */
export function createBareObject<T>(): Record<string, T> {
  return new Bare() as unknown as Record<string, T>;
}

const Bare = function () {} as unknown as new () => object;
Bare.prototype = Object.freeze(Object.create(null));

/**
 * Reading and writing object fields whose names come from outside. `__proto__` is a legal label key to a client; assigned
 * plainly it would change the prototype instead. Always: only own properties are seen or made.
 */
export const setOwn = (object: object, key: string, value: unknown): void => {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (object as Record<string, unknown>)[key] = value;
  }
};

export const getOwn = (object: object, key: string): unknown =>
  Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;

/** A JSON object: neither null nor a list nor bytes. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

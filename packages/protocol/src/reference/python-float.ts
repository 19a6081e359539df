/**
 * A number that Python holds as a float although its value is whole: `1.0`, `1e5`, `-0.0`. JavaScript cannot tell it from an
 * int, Python's text of it differs. Only the reference dialect makes them.
 */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  toJSON(): number {
    return this.value;
  }
}

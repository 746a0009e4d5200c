// Environment variables and printed lines, for components.
import { environment_get, output_drop, output_write, stdout_get } from "./abi";
import { at, result, text, utf8 } from "./memory";

let names: string[] = [];
let values: string[] = [];
let known = false;

/** The variable's value, or `otherwise`. The environment is read once per instance. */
export function env(name: string, otherwise: string): string {
  if (!known) read();
  const index = names.indexOf(name);
  return index < 0 ? otherwise : values[index];
}

function read(): void {
  environment_get(result);
  let entry = load<usize>(result);
  const count = load<i32>(result + 4);
  for (let i = 0; i < count; i++) {
    names.push(text(entry));
    values.push(text(entry + 8));
    entry += 16;
  }
  known = true;
}

export function print(line: string): void {
  const bytes = utf8(line + "\n");
  const stream = stdout_get();
  output_write(stream, at(bytes), bytes.byteLength, result);
  output_drop(stream);
}

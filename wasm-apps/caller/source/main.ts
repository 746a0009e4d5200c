// Calls another Service (TARGET, host or host:port) with the same path and hands on what it answered.
import { get } from "../../wasi/source/client";
import { env, print } from "../../wasi/source/cli";
import { answer, done, path } from "../../wasi/source/server";
export { cabi_realloc } from "../../wasi/source/memory";

export function handle(request: i32, out: i32): void {
  const where = path(request);
  if (where == "/healthz") answer(out, 200, "ok\n");
  else call(where, out);
  done(request);
}

function call(where: string, out: i32): void {
  const target = env("TARGET", "hello-http");
  const got = get(target, where);
  if (got.status == 0) {
    print("cannot reach " + target + ": " + got.text);
    answer(out, 502, "cannot reach " + target + ": " + got.text + "\n");
  } else {
    answer(out, got.status, target + " answered " + got.status.toString() + ": " + got.text);
  }
}

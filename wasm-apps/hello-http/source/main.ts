// Answers every request with the pod's name and the path: the smallest service one can watch being balanced.
import { env, print } from "../../wasi/source/cli";
import { answer, done, echo, method, path } from "../../wasi/source/server";
export { cabi_realloc } from "../../wasi/source/memory";

export function handle(request: i32, out: i32): void {
  const where = path(request);
  if (where == "/healthz") {
    answer(out, 200, "ok\n");
  } else if (where == "/echo") {
    echo(request, out);
  } else {
    const verb = method(request);
    if (env("LOG", "on") != "off") print(verb + " " + where);
    answer(out, 200, "Hello from " + env("POD_NAME", env("HOSTNAME", "wasm")) + ": " + verb + " " + where + "\n");
  }
  done(request);
}

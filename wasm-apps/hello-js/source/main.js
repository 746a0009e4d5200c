// The same answer as hello-http, in plain JavaScript on QuickJS. No TextEncoder, URL or fetch in there.
import environment from 'wasi:cli/environment@9.9.99';
import types from 'wasi:http/types@9.9.99';

const { Fields, OutgoingBody, OutgoingResponse, ResponseOutparam } = types;

export const incomingHandler = {
  handle(request, out) {
    const path = request.pathWithQuery() ?? '/';
    const variables = Object.fromEntries(environment.getEnvironment());
    const pod = variables.POD_NAME ?? variables.HOSTNAME ?? 'wasm';
    answer(out, path === '/healthz' ? 'ok\n' : `Hello from ${pod} (JavaScript): ${path}\n`);
  },
};

function answer(out, text) {
  const bytes = ascii(text);
  const response = new OutgoingResponse(new Fields());
  response.setStatusCode(200);
  const body = response.body();
  ResponseOutparam.set(out, { tag: 'ok', val: response });
  const stream = body.write();
  stream.blockingWriteAndFlush(bytes);
  stream[Symbol.dispose]?.();
  OutgoingBody.finish(body, undefined);
}

function ascii(text) {
  return Uint8Array.from(encodeURIComponent(text).replace(/%(..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), c =>
    c.charCodeAt(0),
  );
}

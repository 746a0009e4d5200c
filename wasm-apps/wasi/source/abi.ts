// WASI 0.2 as the canonical ABI lowers it: handles and lengths are i32, results larger than one value go through `ret`.
@external("wasi:cli/environment@0.2.12", "get-environment")
export declare function environment_get(ret: usize): void;
@external("wasi:cli/stdout@0.2.12", "get-stdout")
export declare function stdout_get(): i32;

@external("wasi:io/poll@0.2.12", "[method]pollable.block")
export declare function pollable_block(self: i32): void;
@external("wasi:io/poll@0.2.12", "[resource-drop]pollable")
export declare function pollable_drop(self: i32): void;
@external("wasi:io/streams@0.2.12", "[method]output-stream.blocking-write-and-flush")
export declare function output_write(self: i32, address: usize, length: i32, ret: usize): void;
@external("wasi:io/streams@0.2.12", "[resource-drop]output-stream")
export declare function output_drop(self: i32): void;
@external("wasi:io/streams@0.2.12", "[method]input-stream.blocking-read")
export declare function input_read(self: i32, length: i64, ret: usize): void;
@external("wasi:io/streams@0.2.12", "[resource-drop]input-stream")
export declare function input_drop(self: i32): void;

@external("wasi:http/types@0.2.12", "[constructor]fields")
export declare function fields_new(): i32;
@external("wasi:http/types@0.2.12", "[method]fields.append")
export declare function fields_append(self: i32, name: usize, nameLength: i32, value: usize, valueLength: i32, ret: usize): void;

@external("wasi:http/types@0.2.12", "[method]incoming-request.method")
export declare function request_method(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[method]incoming-request.path-with-query")
export declare function request_path(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[method]incoming-request.consume")
export declare function request_consume(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[resource-drop]incoming-request")
export declare function request_drop(self: i32): void;

@external("wasi:http/types@0.2.12", "[method]incoming-body.stream")
export declare function incoming_stream(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[resource-drop]incoming-body")
export declare function incoming_drop(self: i32): void;

@external("wasi:http/types@0.2.12", "[constructor]outgoing-response")
export declare function response_new(headers: i32): i32;
@external("wasi:http/types@0.2.12", "[method]outgoing-response.set-status-code")
export declare function response_status(self: i32, code: i32): i32;
@external("wasi:http/types@0.2.12", "[method]outgoing-response.body")
export declare function response_body(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[static]response-outparam.set")
export declare function outparam_set(self: i32, kind: i32, value: i32, c: i32, d: i64, e: i32, f: i32, g: i32, h: i32): void;
@external("wasi:http/types@0.2.12", "[method]outgoing-body.write")
export declare function outgoing_write(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[static]outgoing-body.finish")
export declare function outgoing_finish(self: i32, hasTrailers: i32, trailers: i32, ret: usize): void;

@external("wasi:http/types@0.2.12", "[constructor]outgoing-request")
export declare function call_new(headers: i32): i32;
@external("wasi:http/types@0.2.12", "[method]outgoing-request.set-authority")
export declare function call_authority(self: i32, some: i32, address: usize, length: i32): i32;
@external("wasi:http/types@0.2.12", "[method]outgoing-request.set-path-with-query")
export declare function call_path(self: i32, some: i32, address: usize, length: i32): i32;
@external("wasi:http/types@0.2.12", "[method]outgoing-request.set-scheme")
export declare function call_scheme(self: i32, some: i32, kind: i32, address: usize, length: i32): i32;
@external("wasi:http/types@0.2.12", "[resource-drop]outgoing-request")
export declare function call_drop(self: i32): void;
@external("wasi:http/outgoing-handler@0.2.12", "handle")
export declare function call_send(request: i32, hasOptions: i32, options: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[method]future-incoming-response.subscribe")
export declare function future_subscribe(self: i32): i32;
@external("wasi:http/types@0.2.12", "[method]future-incoming-response.get")
export declare function future_get(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[resource-drop]future-incoming-response")
export declare function future_drop(self: i32): void;
@external("wasi:http/types@0.2.12", "[method]incoming-response.status")
export declare function answer_status(self: i32): i32;
@external("wasi:http/types@0.2.12", "[method]incoming-response.consume")
export declare function answer_consume(self: i32, ret: usize): void;
@external("wasi:http/types@0.2.12", "[resource-drop]incoming-response")
export declare function answer_drop(self: i32): void;

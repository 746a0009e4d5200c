;; A wasi:http server for the runtime's tests. What it does is chosen by the second character of the path:
;;   h hello · e echo · l endless loop · o fill memory · t trap · r recurse for ever · n no answer · b one MiB
;;   s write past its own Content-Length · c Content-Length that it does not keep · g grow memory by 1 MiB and keep it
;;   x trap after the head · w a wrong handle
(module
  (import "wasi:http/types@0.2.12" "[constructor]fields" (func $fields (result i32)))
  (import "wasi:http/types@0.2.12" "[method]fields.append" (func $append (param i32 i32 i32 i32 i32 i32)))
  (import "wasi:http/types@0.2.12" "[constructor]outgoing-response" (func $response (param i32) (result i32)))
  (import "wasi:http/types@0.2.12" "[method]outgoing-response.body" (func $body (param i32 i32)))
  (import "wasi:http/types@0.2.12" "[method]outgoing-body.write" (func $write (param i32 i32)))
  (import "wasi:http/types@0.2.12" "[static]outgoing-body.finish" (func $finish (param i32 i32 i32 i32)))
  (import "wasi:http/types@0.2.12" "[static]response-outparam.set"
    (func $set (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))
  (import "wasi:http/types@0.2.12" "[method]incoming-request.path-with-query" (func $path (param i32 i32)))
  (import "wasi:http/types@0.2.12" "[method]incoming-request.consume" (func $consume (param i32 i32)))
  (import "wasi:http/types@0.2.12" "[method]incoming-body.stream" (func $stream (param i32 i32)))
  (import "wasi:http/types@0.2.12" "[resource-drop]incoming-request" (func $drop-request (param i32)))
  (import "wasi:http/types@0.2.12" "[resource-drop]incoming-body" (func $drop-body (param i32)))
  (import "wasi:io/streams@0.2.12" "[method]input-stream.blocking-read" (func $read (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush" (func $send (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.12" "[resource-drop]input-stream" (func $drop-input (param i32)))
  (import "wasi:io/streams@0.2.12" "[resource-drop]output-stream" (func $drop-output (param i32)))
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (data (i32.const 64) "content-length5Hello from wasm!\n")

  ;; What the host allocates is thrown away with each call.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get 3)))
    (local.get $at))

  (func $recurse (param i32) (result i32)
    (i32.add (call $recurse (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))

  (func $fill
    (loop $more
      (if (i32.lt_s (memory.grow (i32.const 16)) (i32.const 0)) (then unreachable))
      (br $more)))

  (func $echo (param $request i32) (param $out i32)
    (local $body i32) (local $in i32)
    (call $consume (local.get $request) (i32.const 0))
    (local.set $body (i32.load (i32.const 4)))
    (call $stream (local.get $body) (i32.const 0))
    (local.set $in (i32.load (i32.const 4)))
    (block $end
      (loop $more
        (global.set $next (i32.const 4096))
        (call $read (local.get $in) (i64.const 4096) (i32.const 0))
        (br_if $end (i32.load8_u (i32.const 0)))
        (call $send (local.get $out) (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.const 16))
        (br_if $end (i32.load8_u (i32.const 16)))
        (br $more)))
    (call $drop-input (local.get $in))
    (call $drop-body (local.get $body)))

  (func $mebibyte (param $out i32)
    (local $left i32)
    (local.set $left (i32.const 256))
    (loop $more
      (call $send (local.get $out) (i32.const 0) (i32.const 4096) (i32.const 65536))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left))))

  (func (export "wasi:http/incoming-handler@0.2.12#handle") (param $request i32) (param $param i32)
    (local $what i32) (local $headers i32) (local $made i32) (local $body i32) (local $out i32)
    (global.set $next (i32.const 4096))
    (call $path (local.get $request) (i32.const 0))
    (local.set $what (i32.load8_u (i32.add (i32.load (i32.const 4)) (i32.const 1))))
    (if (i32.eq (local.get $what) (i32.const 108)) (then (loop $for-ever (br $for-ever))))
    (if (i32.eq (local.get $what) (i32.const 111)) (then (call $fill)))
    (if (i32.eq (local.get $what) (i32.const 116)) (then unreachable))
    (if (i32.eq (local.get $what) (i32.const 114)) (then (drop (call $recurse (i32.const 0)))))
    (if (i32.eq (local.get $what) (i32.const 110)) (then return))
    (if (i32.eq (local.get $what) (i32.const 103)) (then (drop (memory.grow (i32.const 16)))))
    (if (i32.eq (local.get $what) (i32.const 119)) (then (call $path (local.get $param) (i32.const 0))))
    (local.set $headers (call $fields))
    (if (i32.or (i32.eq (local.get $what) (i32.const 115)) (i32.eq (local.get $what) (i32.const 99)))
      (then
        (i32.store8 (i32.const 78) (select (i32.const 53) (i32.const 57) (i32.eq (local.get $what) (i32.const 115))))
        (call $append (local.get $headers) (i32.const 64) (i32.const 14) (i32.const 78) (i32.const 1) (i32.const 0))))
    (local.set $made (call $response (local.get $headers)))
    (call $body (local.get $made) (i32.const 0))
    (local.set $body (i32.load (i32.const 4)))
    (call $set (local.get $param) (i32.const 0) (local.get $made)
      (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
    (call $write (local.get $body) (i32.const 0))
    (local.set $out (i32.load (i32.const 4)))
    (if (i32.eq (local.get $what) (i32.const 120)) (then unreachable))
    (if (i32.eq (local.get $what) (i32.const 101)) (then (call $echo (local.get $request) (local.get $out))) (else
    (if (i32.eq (local.get $what) (i32.const 98)) (then (call $mebibyte (local.get $out))) (else
    (if (i32.eq (local.get $what) (i32.const 99))
      (then (call $send (local.get $out) (i32.const 79) (i32.const 3) (i32.const 0)))
      (else (call $send (local.get $out) (i32.const 79) (i32.const 17) (i32.const 0))))))))
    (call $drop-output (local.get $out))
    (call $finish (local.get $body) (i32.const 0) (i32.const 0) (i32.const 0))
    (call $drop-request (local.get $request))))

;; A preview 1 command for the runtime's tests. It prints its arguments and its environment, each ended by a new line, then
;; does what the first letter of its first argument says: 0-9 exit with that code · l loop · o fill memory · t trap
;; · s sleep 50 ms, then print "slept" · i copy standard input to standard output · f print without end
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args-sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env-sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd-write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd-read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) "slept\n")

  (func $print (param $at i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd-write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  ;; The texts lie one after the other, each ended by a zero.
  (func $lines (param $at i32) (param $length i32)
    (local $end i32) (local $i i32)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (local.set $i (local.get $at))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $end)))
        (if (i32.eqz (i32.load8_u (local.get $i))) (then (i32.store8 (local.get $i) (i32.const 10))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (call $print (local.get $at) (local.get $length)))

  (func $copy
    (block $end
      (loop $more
        (i32.store (i32.const 0) (i32.const 8192))
        (i32.store (i32.const 4) (i32.const 1024))
        (drop (call $fd-read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (br_if $end (i32.eqz (i32.load (i32.const 8))))
        (call $print (i32.const 8192) (i32.load (i32.const 8)))
        (br $more))))

  (func (export "_start")
    (local $what i32)
    (drop (call $args-sizes (i32.const 16) (i32.const 20)))
    (drop (call $args (i32.const 64) (i32.const 1024)))
    (local.set $what (i32.load8_u (i32.load (i32.const 68))))
    (call $lines (i32.const 1024) (i32.load (i32.const 20)))
    (drop (call $env-sizes (i32.const 16) (i32.const 20)))
    (drop (call $env (i32.const 64) (i32.const 1024)))
    (call $lines (i32.const 1024) (i32.load (i32.const 20)))
    (if (i32.eq (local.get $what) (i32.const 108)) (then (loop $for-ever (br $for-ever))))
    (if (i32.eq (local.get $what) (i32.const 111))
      (then (loop $more (if (i32.lt_s (memory.grow (i32.const 16)) (i32.const 0)) (then unreachable)) (br $more))))
    (if (i32.eq (local.get $what) (i32.const 116)) (then unreachable))
    (if (i32.eq (local.get $what) (i32.const 102)) (then (loop $more (call $print (i32.const 0) (i32.const 65536)) (br $more))))
    (if (i32.eq (local.get $what) (i32.const 105)) (then (call $copy)))
    (if (i32.eq (local.get $what) (i32.const 115))
      (then
        (memory.fill (i32.const 256) (i32.const 0) (i32.const 48))
        (i32.store (i32.const 272) (i32.const 1))
        (i64.store (i32.const 280) (i64.const 50000000))
        (drop (call $poll (i32.const 256) (i32.const 512) (i32.const 1) (i32.const 8)))
        (call $print (i32.const 32) (i32.const 6))))
    (if (i32.and (i32.ge_u (local.get $what) (i32.const 48)) (i32.le_u (local.get $what) (i32.const 57)))
      (then (call $exit (i32.sub (local.get $what) (i32.const 48)))))))

;; A start function that calls the host, before there is a call.
(module
  (import "test" "act" (func $act (param i32)))
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func $start (call $act (i32.const 1)))
  (start $start))

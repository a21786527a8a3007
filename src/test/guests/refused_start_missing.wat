;; A start function that calls what nobody provides.
(module
  (import "elsewhere" "missing" (func $missing))
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func $start (call $missing))
  (start $start))

;; A start function that traps.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func $start (unreachable))
  (start $start))

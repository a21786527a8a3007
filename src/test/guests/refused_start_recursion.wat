;; A start function that never comes to an end.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func $start (call $start) (i32.store (i32.const 0) (i32.const 1)))
  (start $start))

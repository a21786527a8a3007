;; A start function that never ends.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func $start (loop $again (br $again)))
  (start $start))

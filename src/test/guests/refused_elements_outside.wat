;; An element segment that does not fit its table.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (table 1 funcref)
  (elem (i32.const 1) func $one)
  (func $one))

;; Grows a table.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (table 1 8 funcref)
  (func (export "run") (result i32) (table.grow 0 (ref.null func) (i32.const 1))))

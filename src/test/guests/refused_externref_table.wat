;; A table of objects of the host.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (table 1 externref))

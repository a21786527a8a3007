;; Imports a table.
(module
  (import "env" "functions" (table 1 funcref))
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024)))

;; Imports a global.
(module
  (import "env" "base" (global i32))
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024)))

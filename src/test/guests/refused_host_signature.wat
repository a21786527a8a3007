;; Imports a function of the host with a parameter too few.
(module
  (import "test" "add" (func (param i32) (result i64)))
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024)))

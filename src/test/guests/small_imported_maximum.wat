;; Imports a memory with a maximum of 3 pages, and begins with 1.
(module
  (import "env" "memory" (memory 1 3))
  (global (export "__heap_base") i32 (i32.const 8))
  (func (export "size") (result i32) (memory.size))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))

;; Begins with no memory at all.
(module
  (memory 0)
  (global (export "__heap_base") i32 (i32.const 0))
  (func (export "size") (result i32) (memory.size))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))

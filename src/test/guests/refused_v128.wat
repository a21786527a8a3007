;; Vectors, which the engine's compiler does not know.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func (export "run") (v128.store (i32.const 0) (v128.const i32x4 1 2 3 4))))

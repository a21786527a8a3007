;; An atomic instruction, on a memory that is not shared.
;; wat2wasm: --enable-threads
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func (export "run") (result i32) (i32.atomic.load (i32.const 0))))

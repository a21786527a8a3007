;; A tail call through a table.
;; wat2wasm: --enable-tail-call
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (table 1 funcref)
  (elem (i32.const 0) func $one)
  (func $one (result i32) (i32.const 1))
  (func (export "run") (result i32) (return_call_indirect (result i32) (i32.const 0))))

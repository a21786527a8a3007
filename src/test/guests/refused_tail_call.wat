;; A tail call.
;; wat2wasm: --enable-tail-call
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func $one (result i32) (i32.const 1))
  (func (export "run") (result i32) (return_call $one)))

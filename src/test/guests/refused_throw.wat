;; A tag, and an exception thrown with it.
;; wat2wasm: --enable-exceptions
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (tag $problem)
  (func (export "run") (throw $problem)))

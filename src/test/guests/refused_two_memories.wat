;; Two memories of its own.
;; wat2wasm: --enable-multi-memory
(module
  (memory 1)
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024)))

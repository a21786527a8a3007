;; Two memories imported.
;; wat2wasm: --enable-multi-memory
(module
  (import "env" "memory" (memory 1))
  (import "env" "other" (memory 1))
  (global (export "__heap_base") i32 (i32.const 1024)))

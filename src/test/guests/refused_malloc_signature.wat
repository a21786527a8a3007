;; Imports malloc as if sizes had 64 bits.
(module
  (import "env" "ext_allocator_malloc_version_1" (func (param i64) (result i32)))
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024)))

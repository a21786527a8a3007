;; A start function that allocates, before there is a heap.
(module
  (import "env" "ext_allocator_malloc_version_1" (func $malloc (param i32) (result i32)))
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func $start (drop (call $malloc (i32.const 8))))
  (start $start))

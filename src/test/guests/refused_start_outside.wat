;; A start function that stores outside its memory.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func $start (i32.store (i32.const 65533) (i32.const 1)))
  (start $start))

;; Its start function writes one byte near 1 GiB.
(module
  (memory 20000)
  (global (export "__heap_base") i32 (i32.const 1024))
  (func $start (i32.store8 (i32.const 0x3fff0000) (i32.const 1)))
  (start $start))

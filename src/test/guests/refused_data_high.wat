;; One byte of data near 2 GiB.
(module
  (memory 32767)
  (global (export "__heap_base") i32 (i32.const 1024))
  (data (i32.const 0x7ffefff0) "x"))

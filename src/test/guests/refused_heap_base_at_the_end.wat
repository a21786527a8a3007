;; Its heap would begin where no block fits.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const -8)))

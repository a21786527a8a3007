;; Says where its heap begins by a funcref.
(module
  (memory 1)
  (global (export "__heap_base") funcref (ref.null func)))

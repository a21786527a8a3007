;; Says where its heap begins by a f32.
(module
  (memory 1)
  (global (export "__heap_base") f32 (f32.const 64)))

;; Bulk operations wherever the caller wants them.
(module
  (memory (export "memory") 4 16)
  (global (export "__heap_base") i32 (i32.const 1024))
  (data (i32.const 4000) "across the border of two blocks, byte by byte, is how this text lies in memory: "
    "some before it, some behind it.")
  (data $passive "passive bytes")

  (func (export "fill") (param i32 i32 i32)
    (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32)
    (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32)
    (memory.init $passive (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))

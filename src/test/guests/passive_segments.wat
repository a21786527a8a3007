;; Segments that the guest itself puts into memory, and drops.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (data $active (i32.const 0) "active")
  (data $first "first segment")
  (data $second "second")

  ;; Puts a part of the first segment somewhere.
  (func $init (export "init") (param $to i32) (param $from i32) (param $length i32)
    (memory.init $first (local.get $to) (local.get $from) (local.get $length)))
  (func (export "init_active") (param i32 i32 i32)
    (memory.init $active (local.get 0) (local.get 1) (local.get 2)))
  (func (export "dirty_drop") (data.drop $first))
  (func (export "dirty_drop_all") (data.drop $active) (data.drop $first) (data.drop $second))
  (func (export "dirty_init") (call $init (i32.const 70) (i32.const 0) (i32.const 13)))

  ;; Memory as it is, and both segments.
  (func (export "look") (result i64)
    (local $before i64)
    (local.set $before (i64.add (i64.load (i32.const 0)) (i64.load (i32.const 70))))
    (memory.init $first (i32.const 100) (i32.const 0) (i32.const 13))
    (memory.init $second (i32.const 108) (i32.const 0) (i32.const 6))
    (i64.xor
      (local.get $before)
      (i64.xor (i64.load (i32.const 100)) (i64.mul (i64.load (i32.const 106)) (i64.const 31))))))

;; Two tables, and every instruction that writes to one but table.grow.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (table $first 4 8 funcref)
  (table $second 4 4 funcref)
  (elem (table $first) (i32.const 0) func $one $two)
  (elem (table $second) (i32.const 1) func $three)
  (elem $passive func $three $one)
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func $three (result i32) (i32.const 3))

  (func (export "dirty_set") (table.set $first (i32.const 1) (ref.func $three)))
  (func (export "dirty_set_null") (table.set $first (i32.const 0) (ref.null func)))
  (func (export "dirty_fill") (table.fill $second (i32.const 0) (ref.func $two) (i32.const 4)))
  (func (export "dirty_copy")
    (table.copy $first $second (i32.const 0) (i32.const 0) (i32.const 4)))
  (func (export "dirty_init")
    (table.init $first $passive (i32.const 2) (i32.const 0) (i32.const 2)))
  (func (export "dirty_drop") (elem.drop $passive))

  ;; What an entry returns; 9 if it is null.
  (func $in_first (param i32) (result i32)
    (if (result i32) (ref.is_null (table.get $first (local.get 0)))
      (then (i32.const 9))
      (else (call_indirect $first (result i32) (local.get 0)))))
  (func $in_second (param i32) (result i32)
    (if (result i32) (ref.is_null (table.get $second (local.get 0)))
      (then (i32.const 9))
      (else (call_indirect $second (result i32) (local.get 0)))))

  ;; Decimal digits: the entries of both tables, then those of the passive segment put over the second.
  (func (export "look") (result i64)
    (local $at i32) (local $sum i64)
    (loop $next
      (local.set $sum
        (i64.add
          (i64.mul (local.get $sum) (i64.const 100))
          (i64.extend_i32_u
            (i32.add
              (i32.mul (call $in_first (local.get $at)) (i32.const 10))
              (call $in_second (local.get $at))))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 4))))
    (table.init $second $passive (i32.const 0) (i32.const 0) (i32.const 2))
    (i64.add
      (i64.mul (local.get $sum) (i64.const 100))
      (i64.extend_i32_u
        (i32.add
          (i32.mul (call $in_second (i32.const 0)) (i32.const 10))
          (call $in_second (i32.const 1)))))))
